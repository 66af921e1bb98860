import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { addScript } from "../dev/front.ts";
import { createLoopbackApp, listen } from "../dev/listen.ts";

/** What the sample's tags name as the service. */
const WRITTEN_API = "http://127.0.0.1:8787";

const TYPES = { html: "text/html", css: "text/css", js: "text/javascript" } as const;

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
 * @param script address of one more script for its pages
 */
export async function startSample(api: string, port = 0, script?: string): Promise<Sample> {
  const app = createLoopbackApp();
  const serve = (path: string, stem: string, type: keyof typeof TYPES) =>
    app.get(path, async (c) => {
      const text = (await readFile(join(import.meta.dirname, `${stem}.${type}`), "utf8")).replaceAll(WRITTEN_API, api);
      // May be kept, but is asked for again: a page that may not be kept would not be in the back/forward cache.
      const headers = { "Content-Type": `${TYPES[type]}; charset=utf-8`, "Cache-Control": "no-cache" };
      return c.body(script !== undefined && type === "html" ? addScript(text, script) : text, 200, headers);
    });
  serve("/", "index", "html");
  serve("/about", "about", "html");
  serve("/app/*", "app", "html");
  serve("/style.css", "style", "css");
  serve("/app.js", "app", "js");
  app.notFound((c) => c.text("There is no such page in the sample.\n", 404));
  // An editor may be just replacing it.
  app.onError((_, c) => c.notFound());
  const { url, close } = await listen(app, port);
  return { url, stop: close };
}
