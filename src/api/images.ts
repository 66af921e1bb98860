import { fromBase64 } from "../base64.ts";
import { normalizePage } from "../domain/page.ts";
import { parseColor, renderBadge } from "./badge.ts";
import type { Counter } from "./count.ts";
import type { Exchange } from "./exchange.ts";
import type { Query } from "./operations.ts";
import { siteToRead } from "./site.ts";
import { totalsOf } from "./totals.ts";

/** A transparent GIF of one pixel. */
const GIF = fromBase64("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==");

/** Counts, and answers a pixel. */
export async function answerPixel(exchange: Exchange, query: Query<"pixel">, counter: Counter): Promise<Response> {
  if (exchange.request.method !== "HEAD") await counter.image(exchange, query);
  return exchange.reply(200, GIF, { "Content-Type": "image/gif", "Cache-Control": "no-store" });
}

/** Answers a badge with a page's visits, and with `count=true` counts first. */
export async function answerBadge(exchange: Exchange, query: Query<"badge">, counter: Counter): Promise<Response> {
  const color = parseColor(query.color ?? "blue");
  const counts = query.count === "true" && exchange.request.method !== "HEAD";
  const visits = counts ? (await counter.image(exchange, query)).visits : await readVisits(exchange, query);
  return exchange.reply(200, renderBadge(query.label ?? "visits", visits, color), {
    "Content-Type": "image/svg+xml; charset=utf-8",
    "Cache-Control": query.count === "true" ? "no-store" : "public, max-age=60",
  });
}

async function readVisits(exchange: Exchange, query: Query<"badge">): Promise<number> {
  const site = siteToRead(exchange, query.site);
  const page = normalizePage(query.page ?? "/", site);
  return totalsOf(site, page, await exchange.shared.store.totals(site, [page])).visits;
}
