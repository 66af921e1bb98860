import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { MiddlewareHandler } from "hono";
import { proxy } from "hono/proxy";
import { streamSSE } from "hono/streaming";
import { createLoopbackApp, type Listening, listen } from "./listen.ts";

/** Lists, which need no key where PUBLIC_STATS is `true`, and the dashboard's page, which names the reload script. */
const OWN_ORIGIN_ONLY = ["/", "/v1/sites/*", "/v1/pages/*", "/v1/series/*"];
/** How soon a browser asks again once the loop has gone, in milliseconds. */
const RETRY_MS = 300;

/** A page of another site may count and read a page's visits; it may not use the key, which everybody knows. */
const ownOriginOnly: MiddlewareHandler = async (c, next) => {
  const origin = c.req.header("origin");
  const own = new URL(c.req.url).origin;
  if (origin === undefined || origin === own) return next();
  return c.text(`Origin is "${origin}"; under npm run dev, allowed here is none or ${own}.\n`, 403);
};

/** What browsers are told: another `version` means to reload; `problem` is shown above the page. */
interface State {
  readonly version: number;
  readonly problem: string | null;
}

/** The server that browsers see. */
export interface Front extends Listening {
  /** Address of the script that reloads a page; it holds a token of this run, so that no other site can read what it tells. */
  readonly reloadScript: string;
  /** Tells all browsers, and those that come. */
  tell(state: State): void;
}

/**
 * Serves the worker on a port of loopback, guarded against pages of other sites, and with the reload script in its pages.
 *
 * @param worker answers a request; `closed` resolves when its client has the answer, or has gone
 */
export async function startFront(port: number, worker: (request: Request, closed: Promise<void>) => Promise<Response>): Promise<Front> {
  const base = `/__dev/${randomUUID()}`;
  const listeners = new Set<() => Promise<void>>();
  let state: State = { version: 0, problem: null };

  const app = createLoopbackApp();
  app.get(`${base}/reload.js`, async (c) =>
    c.body(await readFile(join(import.meta.dirname, "reload.js")), 200, { "Content-Type": "text/javascript", "Cache-Control": "no-store" }),
  );
  app.get(`${base}/events`, (c) => {
    // The sample website's pages are of another origin.
    c.header("Access-Control-Allow-Origin", "*");
    return streamSSE(c, async (stream) => {
      const send = () => stream.writeSSE({ data: JSON.stringify(state), retry: RETRY_MS });
      listeners.add(send);
      await send();
      await new Promise<void>((resolve) => stream.onAbort(resolve));
      listeners.delete(send);
    });
  });
  for (const path of OWN_ORIGIN_ONLY) app.use(path, ownOriginOnly);
  // Miniflare's own controls.
  app.all("/cdn-cgi/*", (c) => c.notFound());
  app.all("*", (c, next) => (c.req.header("x-api-key") === undefined ? next() : ownOriginOnly(c, next)));
  app.all("*", async (c) => {
    const closed = new Promise<void>((resolve) => c.env.outgoing.once("close", resolve));
    const response = await proxy(c.req.url, {
      raw: c.req.raw,
      headers: c.req.raw.headers,
      redirect: "manual",
      customFetch: (request) => worker(request, closed),
    });
    const isPage = c.req.method === "GET" && response.headers.get("content-type")?.startsWith("text/html");
    return isPage ? withScript(response, `${base}/reload.js`) : response;
  });
  // A visit with an id may be sent again: it counts once.
  app.onError((error, c) => c.text(`npm run dev: ${error.message}\n`, 503, { "Retry-After": "1" }));

  const listening = await listen(app, port);
  return {
    ...listening,
    reloadScript: `${listening.url}${base}/reload.js`,
    tell(next) {
      state = next;
      for (const send of listeners) void send();
    },
  };
}

async function withScript(response: Response, script: string): Promise<Response> {
  const page = await response.text();
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  headers.delete("etag");
  return new Response(addScript(page, script), { status: response.status, headers });
}

/** A page with one more script, at the beginning of its head. */
export function addScript(page: string, url: string): string {
  return page.replace(/<head[^>]*>/i, `$&<script src="${url}"></script>`);
}
