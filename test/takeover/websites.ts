import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

/** Other counters' clients and themes, which no one's `npm ci` brings. */
export const CLIENTS = join(import.meta.dirname, "..", "clients", "node_modules");

/** What a website has at a path: text, bytes, or nothing. */
type Content = (path: string) => Promise<string | Uint8Array | null>;

/** Websites on one port of loopback, told apart by their names. */
export interface Websites {
  readonly port: number;
  /** Sets what a website shows. */
  set(host: string, content: Content): void;
  stop(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  "": "text/html; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

export async function startWebsites(): Promise<Websites> {
  const sites = new Map<string, Content>();
  const server = createServer(async ({ url = "/", headers }, response) => {
    const path = decodeURIComponent(new URL(url, "http://site").pathname);
    const content = await sites.get((headers.host ?? "").replace(/:\d+$/, ""))?.(path);
    if (content) response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream" }).end(content);
    // Browsers ask for an icon, and complain where there is none.
    else response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    set: (host, content) => sites.set(host, content),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The files of a folder; a path that ends with a slash is its `index.html`. */
export function folder(root: string): Content {
  return (path) => readFile(join(root, path.endsWith("/") ? `${path}index.html` : path)).catch(() => null);
}

/** One text for every page, and scripts by their path. */
export function pagesOf(html: string, scripts: Readonly<Record<string, string>> = {}): Content {
  return async (path) => scripts[path] ?? (extname(path) === "" || path.endsWith(".html") ? html : null);
}

/** A client's file, with the host of its service replaced and nothing else. */
export async function clientFile(path: string, host?: readonly [written: string, ours: string]): Promise<string> {
  const text = await readFile(join(CLIENTS, path), "utf8");
  if (!host) return text;
  if (!text.includes(host[0])) throw new Error(`${path} does not name ${host[0]}`);
  return text.replaceAll(host[0], host[1]);
}
