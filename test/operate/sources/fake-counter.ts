import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What is done with a request instead of an answer; `hold` counts it and never answers. */
type Mishap = "hold" | "drop" | 429 | 500 | 502;

/** Vercount, busuanzi and hits.sh as a site's owner meets them, on loopback, with a sitemap of the site's pages. */
export interface FakeCounter {
  readonly url: string;
  /** Visits by path, as they are now. */
  readonly pages: Map<string, number>;
  siteVisits: number;
  siteVisitors: number;
  /** What befalls requests for pages, in turn. */
  readonly mishaps: (Mishap | null)[];
  /** When requests for pages came. */
  readonly requests: { readonly at: number; readonly page: string }[];
  /** The most requests that were in flight at once. */
  readonly atOnce: () => number;
  /** How many requests were refused as too many. */
  readonly refused: () => number;
  stop(): Promise<void>;
}

const HOST = "example.com";
const WINDOW_MS = 60_000;
const HELD_MS = 600_000;

/** @param options.perMinute after how many requests in a minute it answers 429; Vercount's is 80 */
export async function startFakeCounter(options: {
  pages: Readonly<Record<string, number>>;
  siteVisits: number;
  siteVisitors: number;
  perMinute?: number;
  now?: () => number;
}): Promise<FakeCounter> {
  const { perMinute = 80, now = Date.now } = options;
  const requests: { at: number; page: string }[] = [];
  const mishaps: (Mishap | null)[] = [];
  let [inFlight, atOnce, refused] = [0, 0, 0];

  const server = createServer((request, response) => {
    if (request.url === "/sitemap.xml") {
      response.end(sitemapOf([...counter.pages.keys()]));
      return;
    }
    inFlight += 1;
    atOnce = Math.max(atOnce, inFlight);
    response.on("close", () => {
      inFlight -= 1;
    });
    answer(request, response);
  });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const page = pageOf(request);
    const lately = requests.filter(({ at }) => at > now() - WINDOW_MS).length;
    if (lately >= perMinute) {
      refused += 1;
      response.writeHead(429).end('{"status":"error","message":"Rate limit exceeded","code":429}');
      return;
    }
    requests.push({ at: now(), page });
    const mishap = mishaps.shift() ?? null;
    if (typeof mishap === "number") {
      response.writeHead(mishap, mishap === 429 ? { "Retry-After": "7" } : {}).end("<html>bad gateway</html>");
      return;
    }
    const body = bodyOf(request, page);
    if (mishap === "drop") request.socket.destroy();
    else if (mishap === "hold") setTimeout(() => response.end(), HELD_MS).unref();
    else if (body === null) response.writeHead(404).end();
    else response.end(body);
  }

  function bodyOf({ url = "" }: IncomingMessage, page: string): string | null {
    const totals = () => ({ site_uv: counter.siteVisitors, site_pv: counter.siteVisits, page_pv: counter.pages.get(page) ?? 0 });
    if (url.startsWith("/api/v2/log")) return JSON.stringify({ status: "success", message: "Data retrieved successfully", data: totals() });
    if (url.startsWith("/api/urns/")) {
      const value = counter.pages.get(page);
      if (value === undefined) return null;
      const data = [
        { value: value - 1, day: "2026-01-02" },
        { value: 1, day: "2025-12-31" },
      ];
      const items = data.map((one) => ({ from: one.day, to: one.day, data: [one] }));
      return JSON.stringify({ total: value, monthly: 0, weekly: 0, items });
    }
    // Busuanzi counts the request, and answers with it.
    counter.pages.set(page, (counter.pages.get(page) ?? 0) + 1);
    counter.siteVisits += 1;
    counter.siteVisitors += 1;
    const name = new URL(url, "http://x").searchParams.get("jsonpCallback");
    return `try{${name}(${JSON.stringify({ ...totals(), version: 2.4 })});}catch(e){}`;
  }

  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const counter: FakeCounter = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pages: new Map(Object.entries(options.pages)),
    siteVisits: options.siteVisits,
    siteVisitors: options.siteVisitors,
    mishaps,
    requests,
    atOnce: () => atOnce,
    refused: () => refused,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  return counter;
}

/** The path that a request asks for, of the one host that this counter knows. */
function pageOf({ url = "", headers }: IncomingMessage): string {
  if (url.startsWith("/api/urns/")) return new URL(`https://${url.slice("/api/urns/".length)}`).pathname;
  const page = new URL(new URL(url, "http://x").searchParams.get("url") ?? headers.referer ?? "http://none/");
  if (page.host !== HOST) throw new Error(`the fake counter was asked for ${page.href}`);
  return page.pathname;
}

function sitemapOf(paths: readonly string[]): string {
  const entries = paths.map((path) => `  <url><loc>https://${HOST}${path}</loc><lastmod>2026-01-01</lastmod></url>`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
    ...entries,
    "  <url><loc>https://other.example/stray?a=1&amp;b=2</loc></url>",
    "</urlset>",
  ].join("\r\n");
}
