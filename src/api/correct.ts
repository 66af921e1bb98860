import { normalizePage } from "../domain/page.ts";
import { ID_LIFETIME_MS } from "../domain/recorder.ts";
import type { Exchange } from "./exchange.ts";
import { idempotencyKey, nameOf } from "./idempotency.ts";
import type { Body, Query } from "./operations.ts";
import { siteToRead } from "./site.ts";
import { type PageTotals, totalsOf } from "./totals.ts";

/** How long the store may try, for one write of an administrator. */
export const WRITE_DEADLINE_MS = 8_000;

/** Sets a page's total. */
export async function setVisits(exchange: Exchange, body: Body<"setVisits">): Promise<Response> {
  return exchange.json(await correct(exchange, body.site, body.page, body.visits), "no-store");
}

/** Removes a page's counter. */
export async function deleteVisits(exchange: Exchange, query: Query<"deleteVisits">): Promise<Response> {
  await correct(exchange, query.site, query.page, null);
  return exchange.reply(204, null, { "Cache-Control": "no-store" });
}

async function correct(
  exchange: Exchange,
  requestedSite: string | undefined,
  requestedPage: string,
  visits: number | null,
): Promise<PageTotals> {
  const { store, now, newId } = exchange.shared;
  const site = siteToRead(exchange, requestedSite);
  const page = normalizePage(requestedPage, site);
  const key = idempotencyKey(exchange);
  // The key holds for this very correction: with other contents it is another one.
  const id = key === null ? newId() : await nameOf("correct", site, page, visits, key);
  const time = now();
  const totals = await store.correct({ id, site, page, visits, expireAt: time + ID_LIFETIME_MS }, time + WRITE_DEADLINE_MS);
  return totalsOf(site, page, totals);
}
