import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { http } from "../dev/http.ts";

/** What the sample's tags name as the service. */
const WRITTEN_API = "http://127.0.0.1:8787";

const HTML = "text/html; charset=utf-8";

/** The files that are served as they are, and their types. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["index.html", HTML],
  "/about": ["about.html", HTML],
  "/style.css": ["style.css", "text/css; charset=utf-8"],
  "/app.js": ["app.js", "text/javascript; charset=utf-8"],
};

/** The sample website, running. */
export interface Sample {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves the sample website on loopback. Files are read at each request, so that an edit shows at the next one.
 *
 * @param api the service that its pages count at, such as `http://127.0.0.1:8787`
 * @param port 0 for any that is free
 */
export async function startSample(api: string, port = 0): Promise<Sample> {
  const server = http.createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://sample");
    const [file, type] = FILES[pathname] ?? (pathname.startsWith("/app/") ? ["app.html", HTML] : []);
    // An editor may be just replacing it.
    const text = file ? await readFile(join(import.meta.dirname, file), "utf8").catch(() => null) : null;
    if (text === null) {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("There is no such page in the sample.\n");
      return;
    }
    // May be kept, but is asked for again: a page that may not be kept would not be in the back/forward cache.
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-cache" }).end(text.replaceAll(WRITTEN_API, api));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
