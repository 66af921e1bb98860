import { Hono } from "hono/tiny";
import * as v from "valibot";
import { toBase64Url } from "../base64.ts";
import { createDayClock, daysBetween } from "../domain/day.ts";
import { invalid } from "../domain/invalid.ts";
import { normalizePage } from "../domain/page.ts";
import type { Env } from "../http/env.ts";
import { queryInteger, text } from "../http/fields.ts";
import { query } from "../http/validate.ts";
import type { RouteDeps } from "./deps.ts";
import { ANSWERS, KEY_PROBLEMS, list, object, type RouteDocs } from "./docs.ts";
import { DEFAULT_DAYS, MAX_PERIOD_DAYS, parsePeriod, pointsOf } from "./period.ts";

const DEFAULT_LIMIT = 100;
/** The most pages that one list has, and one that is sorted by visits. */
const MAX_LIMIT = 1_000;
const MAX_TOP = 100;
/** The most points in one answer (a megabyte or two, which take the thread 20 ms): a list of more days has fewer pages, and goes on at its cursor. */
const MAX_POINTS = 50_000;

const PAGES_QUERY = v.object({
  site: v.optional(text),
  sort: v.optional(v.picklist(["page", "visits"], '"page" or "visits"'), "page"),
  limit: v.optional(queryInteger(1, MAX_LIMIT), String(DEFAULT_LIMIT)),
  cursor: v.optional(text),
  from: v.optional(text),
  to: v.optional(text),
});
const SERIES_QUERY = v.object({ site: v.optional(text), page: v.optional(text), from: v.optional(text), to: v.optional(text) });

/** Every site's total. */
export function sites({ store, keys }: RouteDeps): Hono<Env> {
  return new Hono<Env>().get("/", keys.stats, async (c) => {
    const found = await store.sites();
    return c.json({ sites: found.map(({ site, visits }) => ({ site, visits })) }, 200, { "Cache-Control": "no-cache" });
  });
}

/** A site's pages by name, a part at a time, or its top pages; with a period, their days. */
export function pages({ store, keys, sites, now }: RouteDeps): Hono<Env> {
  const today = createDayClock(now);

  return new Hono<Env>().get("/", keys.stats, query(PAGES_QUERY), async (c) => {
    const asked = c.req.valid("query");
    const site = sites.toRead(asked.site, c.get("originSite"));
    const period = asked.from === undefined && asked.to === undefined ? null : parsePeriod(asked, today());
    const dates = period ? daysBetween(period.from, period.to) : [];
    const limit = Math.min(asked.limit, Math.floor(MAX_POINTS / (dates.length || 1)));
    const sorted = asked.sort === "visits";
    if (sorted && asked.limit > MAX_TOP) invalid("limit", asked.limit, `at most ${MAX_TOP} where sort is "visits"`);
    if (sorted && asked.cursor !== undefined) invalid("cursor", asked.cursor, 'none where sort is "visits"');
    const after = asked.cursor === undefined ? null : decodeCursor(asked.cursor, site);
    // One more than asked for tells whether there are more.
    const found = sorted ? await store.top(site, limit, period) : await store.pages(site, after, limit + 1, period);
    const pages = found.slice(0, limit).map(({ page, visits, days }) => {
      if (!period) return { page, visits };
      const points = pointsOf(days, dates);
      return { page, visits, periodVisits: points.reduce((sum, point) => sum + point.visits, 0), points };
    });
    const last = pages.at(-1);
    const nextCursor = found.length > limit && last ? toBase64Url(last.page) : undefined;
    return c.json({ site, pages, nextCursor }, 200, { "Cache-Control": "no-cache" });
  });
}

/** A page's or a site's visits, day by day. */
export function series({ store, keys, sites, now }: RouteDeps): Hono<Env> {
  const today = createDayClock(now);

  return new Hono<Env>().get("/", keys.stats, query(SERIES_QUERY), async (c) => {
    const asked = c.req.valid("query");
    const site = sites.toRead(asked.site, c.get("originSite"));
    const page = asked.page === undefined ? null : normalizePage(asked.page, site);
    const period = parsePeriod(asked, today());
    const days = await store.days(site, page, period);
    const points = pointsOf(days, daysBetween(period.from, period.to));
    return c.json({ site, page, ...period, points }, 200, { "Cache-Control": "no-cache" });
  });
}

/** The page behind which a list goes on. Its name is ASCII. */
function decodeCursor(cursor: string, site: string): string {
  try {
    const page = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    if (normalizePage(page, site) === page && toBase64Url(page) === cursor) return page;
  } catch {
    // Neither base64url nor a page: refused below, in the same words.
  }
  invalid("cursor", cursor, "the nextCursor of an earlier answer");
}

/** For openapi.json; no bundle has it. */
export function listsDocs(): RouteDocs {
  const { site, page, visits, date } = ANSWERS;
  const points = list(object({ date, visits }));
  const period = {
    from: `The first UTC day, as YYYY-MM-DD; by default ${DEFAULT_DAYS - 1} days before the last. At most ${MAX_PERIOD_DAYS.toLocaleString("en-US")} days.`,
    to: "The last UTC day, as YYYY-MM-DD; by default today.",
  };
  return {
    "GET /v1/sites": {
      operationId: "listSites",
      group: "Read",
      key: "stats",
      summary: "List the sites",
      answer: object({ sites: list(object({ site, visits })) }),
      problems: KEY_PROBLEMS,
    },
    "GET /v1/pages": {
      operationId: "listPages",
      group: "Read",
      key: "stats",
      summary: "List a site's pages",
      description:
        "By name, a part at a time (pages across cursors are not one snapshot), or the top pages. With from or to, each page also has its " +
        "visits in that period, day by day; of many days there are fewer pages an answer, and a nextCursor.",
      query: PAGES_QUERY,
      fields: {
        ...period,
        sort: "By name (the default), or by visits, the most first.",
        limit: `How many pages to answer; by default ${DEFAULT_LIMIT}; with sort=visits at most ${MAX_TOP}.`,
        cursor: "The nextCursor of the answer before; not with sort=visits.",
      },
      answer: object(
        {
          site,
          pages: list(object({ page, visits, periodVisits: visits, points }, "periodVisits", "points")),
          nextCursor: { type: "string", pattern: "^[A-Za-z0-9_-]+$" },
        },
        "nextCursor",
      ),
      problems: [...KEY_PROBLEMS, "site-not-allowed"],
    },
    "GET /v1/series": {
      operationId: "readSeries",
      group: "Read",
      key: "stats",
      summary: "Read visits day by day",
      description: "One point for every day, zeros included; without page the whole site; by default the last 30 days.",
      query: SERIES_QUERY,
      fields: period,
      answer: object({ site, page: { ...page, type: ["string", "null"] }, from: date, to: date, points }),
      problems: [...KEY_PROBLEMS, "site-not-allowed"],
    },
  };
}
