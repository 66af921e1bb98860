import { Hono } from "hono/tiny";
import * as v from "valibot";
import { toBase64Url } from "../base64.ts";
import { daysBetween } from "../domain/day.ts";
import { nextTurn } from "../domain/in-time.ts";
import { invalid } from "../domain/invalid.ts";
import { MAX_PAGE_BYTES, normalizePage } from "../domain/page.ts";
import type { Period, Store } from "../domain/store.ts";
import { sumOf } from "../domain/tally.ts";
import { checkReadable, listedSites } from "../http/auth.ts";
import type { Env } from "../http/env.ts";
import { queryInteger, text } from "../http/fields.ts";
import { Problem } from "../http/problem.ts";
import { LIST_PAGES, limitLists } from "../http/read-limit.ts";
import { query } from "../http/validate.ts";
import type { RouteDeps } from "./deps.ts";
import { ANSWERS, KEY_PROBLEMS, list, object, READING_PROBLEMS, type RouteDocs } from "./docs.ts";
import { DEFAULT_DAYS, MAX_PERIOD_DAYS, parsePeriod } from "./period.ts";
import { MAX_SEARCHED, searchPages } from "./search.ts";

const DEFAULT_LIMIT = 100;
/** The most pages that one list has, and one that is sorted by visits. */
const MAX_LIMIT = 1_000;
const MAX_TOP = 100;
/** How long one call removes pages of a site. */
const REMOVE_DEADLINE_MS = 10_000;
/**
 * The most points in one part of a list (a megabyte or two, which take the thread 20 ms): of more days it has fewer pages, and goes on at
 * its cursor. Top pages have none: they are answered at once, up to MAX_TOP of MAX_PERIOD_DAYS, and count as so many lists.
 */
const MAX_POINTS = 50_000;

/** No page's name is longer. */
const MAX_SEARCH = MAX_PAGE_BYTES;
const PAGES_QUERY = v.object({
  site: v.optional(text),
  sort: v.optional(v.picklist(["page", "visits"], '"page" or "visits"'), "page"),
  limit: v.optional(queryInteger(1, MAX_LIMIT), String(DEFAULT_LIMIT)),
  cursor: v.optional(text),
  from: v.optional(text),
  to: v.optional(text),
  search: v.optional(v.pipe(text, v.maxLength(MAX_SEARCH, `at most ${MAX_SEARCH} characters`))),
});
const REMOVE_QUERY = v.object({ site: text });
const SERIES_QUERY = v.object({ site: v.optional(text), page: v.optional(text), from: v.optional(text), to: v.optional(text) });

/** Every site's total; removes a site. */
export function sites({ store, keys, limitReads, sites, config, now }: RouteDeps): Hono<Env> {
  const app = new Hono<Env>();

  app.get("/", limitLists(limitReads), keys.stats, async (c) => {
    const { timeZone, visitors: kind } = config;
    const listed = listedSites(c);
    const found = (await store.sites())
      .filter(({ site }) => listed(site))
      .map(({ site, visits, visitors, unattributed }) => ({
        site,
        visits,
        ...(visitors !== null && { visitors }),
        ...(unattributed > 0 && { unattributed }),
      }));
    return c.json({ timeZone, visitors: kind, sites: found }, 200, { "Cache-Control": "no-cache" });
  });

  app.delete("/", keys.admin, query(REMOVE_QUERY), async (c) => {
    const site = sites.toAdminister(c.req.valid("query").site, null);
    const deadline = now() + REMOVE_DEADLINE_MS;
    while (!(await store.removeSome(site, deadline))) {
      if (now() >= deadline) throw new Problem("unavailable", "Some pages are left; the same call goes on.");
    }
    return c.body(null, 204);
  });

  return app;
}

/** A site's pages by name, a part at a time, or its top pages; with a period, their days. */
export function pages({ store, keys, limitReads, sites, today, now }: RouteDeps): Hono<Env> {
  return new Hono<Env>().get("/", limitLists(limitReads), keys.stats, query(PAGES_QUERY), async (c) => {
    const asked = c.req.valid("query");
    const site = sites[(await keys.isAdmin(c)) ? "toAdminister" : "toRead"](asked.site, c.get("originSite"));
    checkReadable(c, site);
    const period = asked.from === undefined && asked.to === undefined ? null : parsePeriod(asked, today());
    const dates = period ? daysBetween(period.from, period.to) : [];
    const sorted = asked.sort === "visits";
    if (sorted && asked.limit > MAX_TOP) invalid("limit", asked.limit, `at most ${MAX_TOP} where sort is "visits"`);
    const atATime = Math.floor(MAX_POINTS / dates.length);
    const parts = asked.limit / atATime;
    if (sorted && parts > 1) limitReads(c, LIST_PAGES * parts);
    const limit = sorted ? asked.limit : Math.min(asked.limit, atATime);
    const search = asked.search || null;
    if (sorted && search === null && asked.cursor !== undefined) invalid("cursor", asked.cursor, 'none where sort is "visits"');
    const after = asked.cursor === undefined ? null : decodeCursor(asked.cursor, site);
    const { pages: found, next } =
      search === null
        ? await listPages(store, sorted, site, after, limit, period)
        : await searchPages(store, now, { site, text: search, sort: asked.sort, limit, after, period, atATime });
    const pages = found.map(({ page, visits, days, visitors }) => {
      const numbers = { page, visits, ...(visitors && { visitors: visitors.total }) };
      if (!period) return numbers;
      const inPeriod = { periodVisits: sumOf(days), ...(visitors && { periodVisitors: sumOf(visitors.days) }) };
      return { ...numbers, ...inPeriod, points: dates.map((date) => ({ date, visits: days[date] ?? 0 })) };
    });
    if (parts > 1) await nextTurn();
    const nextCursor = next === null ? undefined : toBase64Url(next);
    return c.json({ site, pages, nextCursor }, 200, { "Cache-Control": "no-cache" });
  });
}

/** The top pages, or a part of all by name: one more than asked for tells whether there are more. */
async function listPages(store: Store, sorted: boolean, site: string, after: string | null, limit: number, period: Period | null) {
  const found = sorted ? await store.top(site, limit, period) : await store.pages(site, after, limit + 1, period);
  const pages = found.slice(0, limit);
  return { pages, next: found.length > limit ? (pages.at(-1)?.page ?? null) : null };
}

/** A page's or a site's visits, day by day. */
export function series({ store, keys, limitReads, sites, today }: RouteDeps): Hono<Env> {
  return new Hono<Env>().get("/", limitLists(limitReads), keys.stats, query(SERIES_QUERY), async (c) => {
    const asked = c.req.valid("query");
    const site = sites[(await keys.isAdmin(c)) ? "toAdminister" : "toRead"](asked.site, c.get("originSite"));
    checkReadable(c, site);
    const page = asked.page === undefined ? null : normalizePage(asked.page, site);
    const period = parsePeriod(asked, today());
    const { days, visitors } = await store.days(site, page, period);
    const points = daysBetween(period.from, period.to).map((date) => ({
      date,
      visits: days[date] ?? 0,
      ...(visitors && { visitors: visitors.days[date] ?? 0 }),
    }));
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
    from: `The first day, as YYYY-MM-DD; by default ${DEFAULT_DAYS - 1} days before the last. At most ${MAX_PERIOD_DAYS.toLocaleString("en-US")} days.`,
    to: "The last day, as YYYY-MM-DD; by default today.",
  };
  return {
    "GET /v1/sites": {
      operationId: "listSites",
      group: "Read",
      key: "stats",
      summary: "List the sites",
      description:
        "By name, those that the key opens, or the public ones; with the zone whose midnight a day begins at, and whether visitors are estimated.",
      answer: object({
        timeZone: { type: "string" },
        visitors: { enum: ["daily", "off"] },
        sites: list(object({ site, visits, visitors: visits, unattributed: visits }, "visitors", "unattributed")),
      }),
      problems: [...KEY_PROBLEMS, "too-many-requests", "overloaded"],
    },
    "DELETE /v1/sites": {
      operationId: "deleteSite",
      group: "Administer",
      key: "admin",
      summary: "Remove a site",
      description:
        "All its pages, a part at a time, and unattributed visits with the last ones. What takes longer than 10 seconds is answered 503: the same " +
        "call goes on. Visits meanwhile may leave a new counter; used ids stay used.",
      query: REMOVE_QUERY,
      answer: null,
      problems: [...KEY_PROBLEMS, "site-not-allowed"],
    },
    "GET /v1/pages": {
      operationId: "listPages",
      group: "Read",
      key: "stats",
      summary: "List a site's pages",
      description:
        "By name, a part at a time (pages across cursors are not one snapshot), or the top pages. With from or to, each page also has its " +
        "visits in that period, day by day; a list by name of many days has fewer pages an answer, and a nextCursor.",
      query: PAGES_QUERY,
      fields: {
        ...period,
        sort: "By name (the default), or by visits, the most first.",
        limit: `How many pages to answer; by default ${DEFAULT_LIMIT}; with sort=visits at most ${MAX_TOP}.`,
        cursor: "The nextCursor of the answer before; with sort=visits only where search is given.",
        search:
          "Keeps pages whose decoded name contains it; case, accents and invisible joiners do not matter. One request looks through at most " +
          `${MAX_SEARCHED.toLocaleString("en-US")} names; a nextCursor says that there are more, also behind an empty page.`,
      },
      answer: object(
        {
          site,
          pages: list(
            object(
              { page, visits, visitors: visits, periodVisits: visits, periodVisitors: visits, points },
              "visitors",
              "periodVisits",
              "periodVisitors",
              "points",
            ),
          ),
          nextCursor: { type: "string", pattern: "^[A-Za-z0-9_-]+$" },
        },
        "nextCursor",
      ),
      problems: [...KEY_PROBLEMS, ...READING_PROBLEMS],
    },
    "GET /v1/series": {
      operationId: "readSeries",
      group: "Read",
      key: "stats",
      summary: "Read visits day by day",
      description: "One point for every day, zeros included; without page the whole site; by default the last 30 days.",
      query: SERIES_QUERY,
      fields: period,
      answer: object({
        site,
        page: { ...page, type: ["string", "null"] },
        from: date,
        to: date,
        points: list(object({ date, visits, visitors: visits }, "visitors")),
      }),
      problems: [...KEY_PROBLEMS, ...READING_PROBLEMS],
    },
  };
}
