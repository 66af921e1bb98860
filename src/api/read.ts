import { toBase64Url } from "../base64.ts";
import { daysBetween } from "../domain/day.ts";
import { invalid } from "../domain/invalid.ts";
import { normalizePage } from "../domain/page.ts";
import type { Period } from "../domain/store.ts";
import type { Exchange } from "./exchange.ts";
import type { Query } from "./operations.ts";
import { parsePeriod, pointsOf } from "./period.ts";
import { siteToRead } from "./site.ts";

export const DEFAULT_LIMIT = 100;
/** The longest top list. */
export const MAX_TOP = 100;
/** The most points in one answer (a few megabytes): a part of more pages is cut there, and goes on at its cursor. */
const MAX_POINTS = 200_000;

/** Totals of the pages asked for, from one snapshot. */
export async function readVisits(exchange: Exchange, query: Query<"readVisits">): Promise<Response> {
  const site = siteToRead(exchange, query.site);
  const asked = (query.page ?? []).map((page) => normalizePage(page, site));
  const pages = [...new Set(asked)];
  const totals = await exchange.shared.store.totals(site, pages);
  const visits = new Map(pages.map((page, index) => [page, totals.visits[index] ?? 0]));
  const rows = asked.map((page) => ({ page, visits: visits.get(page) ?? 0 }));
  return exchange.json({ site, siteVisits: totals.siteVisits, pages: rows }, "no-cache");
}

/** Every site's total. */
export async function listSites(exchange: Exchange): Promise<Response> {
  const sites = await exchange.shared.store.sites();
  return exchange.json({ sites: sites.map(({ site, visits }) => ({ site, visits })) }, "no-cache");
}

/** A site's pages by name, a part at a time, or its top pages; with a period, their days. */
export async function listPages(exchange: Exchange, query: Query<"listPages">, today: string): Promise<Response> {
  const { store } = exchange.shared;
  const site = siteToRead(exchange, query.site);
  const { limit: asked = DEFAULT_LIMIT } = query;
  const period = query.from === undefined && query.to === undefined ? null : parsePeriod(query, today);
  const dates = period ? daysBetween(period.from, period.to) : [];
  const limit = Math.min(asked, Math.floor(MAX_POINTS / (dates.length || 1)));
  const sorted = query.sort === "visits";
  if (sorted && asked > MAX_TOP) invalid("limit", asked, `at most ${MAX_TOP} where sort is "visits"`);
  if (sorted && query.cursor !== undefined) invalid("cursor", query.cursor, 'none where sort is "visits"');
  const after = query.cursor === undefined ? null : decodeCursor(query.cursor, site);
  // One more than asked for tells whether there are more.
  const found = sorted ? await store.top(site, limit, period) : await store.pages(site, after, limit + 1, period);
  const pages = found.slice(0, limit).map(({ page, visits, days }) => {
    if (!period) return { page, visits };
    const points = pointsOf(days, dates);
    return { page, visits, periodVisits: points.reduce((sum, point) => sum + point.visits, 0), points };
  });
  const last = pages.at(-1);
  const nextCursor = found.length > limit && last ? toBase64Url(last.page) : undefined;
  return exchange.json({ site, pages, nextCursor }, "no-cache");
}

/** A page's or a site's visits, day by day. */
export async function readSeries(exchange: Exchange, query: Query<"readSeries">, today: string): Promise<Response> {
  const site = siteToRead(exchange, query.site);
  const page = query.page === undefined ? null : normalizePage(query.page, site);
  const period: Period = parsePeriod(query, today);
  const days = await exchange.shared.store.days(site, page, period);
  return exchange.json({ site, page, ...period, points: pointsOf(days, daysBetween(period.from, period.to)) }, "no-cache");
}

/** A page's name is ASCII. */
function decodeCursor(cursor: string, site: string): string {
  try {
    const page = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    if (normalizePage(page, site) === page && toBase64Url(page) === cursor) return page;
  } catch {
    // Neither base64url nor a page: refused below, in the same words.
  }
  invalid("cursor", cursor, "the nextCursor of an earlier answer");
}
