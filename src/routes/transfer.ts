import { Hono } from "hono/tiny";
import * as v from "valibot";
import { nextTurn } from "../domain/in-time.ts";
import { InvalidInput } from "../domain/invalid.ts";
import { normalizePage } from "../domain/page.ts";
import { ID_LIFETIME_MS } from "../domain/recorder.ts";
import type { Addition, Count, Days, Period } from "../domain/store.ts";
import { sumOf } from "../domain/tally.ts";
import { readText } from "../http/body.ts";
import type { Env } from "../http/env.ts";
import { queryInteger, text } from "../http/fields.ts";
import { idempotencyKey, sha256Hex } from "../http/idempotency.ts";
import { EXPOSED_HEADERS, Problem } from "../http/problem.ts";
import { limitLists } from "../http/read-limit.ts";
import { query } from "../http/validate.ts";
import type { RouteDeps } from "./deps.ts";
import { ANSWERS, KEY_PROBLEMS, object, READING_PROBLEMS, type RouteDocs } from "./docs.ts";
import { cutIntoBatches, LINE, MAX_LINE_DAYS, MAX_LINES, parseLines } from "./import-lines.ts";
import { checkRoom } from "./room.ts";
import { WRITE_DEADLINE_MS } from "./visits.ts";

/** The longest import, in bytes. */
export const MAX_IMPORT_BYTES = 4 * 1_024 * 1_024;
/** Lines of an import that are read while others wait: of many days each, they take some milliseconds. */
const LINES_AT_A_TIME = 20;
/** Pages that an export reads from the store, and holds in memory, at a time: each has all its days, thousands after some years. */
const PAGES_AT_A_TIME = 50;
const ALL_TIME: Period = { from: "0001-01-01", to: "9999-12-31" };
const NDJSON = "application/x-ndjson";

/** Pages in one export: by default, and at most. */
const DEFAULT_EXPORT_PAGES = 1_000;
const MAX_EXPORT_PAGES = 5_000;
/** The longest answer, in bytes, unless its first page is longer: API Gateway takes no more than 32 MB. */
const MAX_EXPORT_BYTES = 8_000_000;

const SITE_QUERY = v.object({ site: v.optional(text) });
const EXPORT_QUERY = v.object({
  site: v.optional(text),
  limit: v.optional(queryInteger(1, MAX_EXPORT_PAGES), String(DEFAULT_EXPORT_PAGES)),
  after: v.optional(text),
});

/**
 * Adds the body's lines to what is there. Each write is named by the request's key and its place, so that an import which was
 * interrupted goes on where it was when it is sent again.
 */
export function importVisits({ store, keys, sites, now, http1 }: RouteDeps): Hono<Env> {
  return new Hono<Env>().post("/", keys.admin, query(SITE_QUERY), async (c) => {
    const site = sites.toRead(c.req.valid("query").site, c.get("originSite"));
    const key = idempotencyKey(c);
    if (key === null) throw new InvalidInput("Idempotency-Key is missing; it is required.");
    const body = await readText(c.req.raw, MAX_IMPORT_BYTES, { http1 });
    const lines = await readLines(body, site);
    const digest = await sha256Hex("body", body);
    const visits = lines.reduce((sum, line) => sum + line.visits, 0);
    const days = lines.flatMap((line) => [...Object.keys(line.days), ...Object.keys(line.visitorDays)]);
    await checkRoom(store, site, visits, days);
    let index = 0;
    for (const additions of cutIntoBatches(lines)) {
      const id = await sha256Hex("import", site, key, index);
      const time = now();
      const outcome = await store.add({ id, digest, site, additions, expireAt: time + ID_LIFETIME_MS }, time + WRITE_DEADLINE_MS);
      if (outcome === "conflict") {
        throw new Problem("id-reused", "Idempotency-Key came with another body; allowed is an id of this import's own.");
      }
      index += 1;
    }
    return c.json({ lines: lines.length, visits });
  });
}

/** Reads all lines; visits are counted in between. */
async function readLines(body: string, site: string): Promise<Addition[]> {
  const lines: Addition[] = [];
  for (const line of parseLines(body, site)) {
    lines.push(line);
    if (lines.length % LINES_AT_A_TIME === 0) await nextTurn();
  }
  return lines;
}

/** Answers pages in the form that an import takes, a part at a time. */
export function exportVisits({ store, keys, limitReads, sites, today }: RouteDeps): Hono<Env> {
  return new Hono<Env>().get("/", limitLists(limitReads), keys.admin, query(EXPORT_QUERY), async (c) => {
    const asked = c.req.valid("query");
    const site = sites.toAdminister(asked.site, c.get("originSite"));
    const after = asked.after === undefined ? null : normalizePage(asked.after, site, "after");
    const own = after === null ? await readOwn(site) : "";
    const { lines, next } = await readPages(site, after, asked.limit);
    c.header("Access-Control-Expose-Headers", `${EXPOSED_HEADERS}, Link`);
    if (next !== null) c.header("Link", `<?${new URLSearchParams({ site, limit: String(asked.limit), after: next })}>; rel="next"`);
    return c.body(own + lines, 200, { "Content-Type": `${NDJSON}; charset=utf-8` });
  });

  /** What only the site has: unattributed visits, and its own visitors. */
  async function readOwn(site: string): Promise<string> {
    const [{ unattributed }, { visitors }] = await Promise.all([store.totals(site, [], today()), store.days(site, null, ALL_TIME)]);
    return linesOf(null, { visits: unattributed, days: {}, visitors });
  }

  /** The lines of at most `limit` pages behind `after`, and the page behind which there are more. */
  async function readPages(site: string, after: string | null, limit: number): Promise<{ lines: string; next: string | null }> {
    let lines = "";
    let last = after;
    let left = limit;
    for (;;) {
      const wanted = Math.min(PAGES_AT_A_TIME, left + 1);
      const found = await store.pages(site, last, wanted, ALL_TIME);
      for (const page of found) {
        const own = linesOf(page.page, page);
        if (left === 0 || lines.length + own.length > MAX_EXPORT_BYTES) return { lines, next: last };
        // Lines are ASCII: pages are percent-encoded.
        lines += own;
        left -= 1;
        last = page.page;
      }
      if (found.length < wanted) return { lines, next: null };
    }
  }
}

/** The lines of a page or of the site itself (`null`): together they have its numbers, and the last one those that bear no day. */
function linesOf(page: string | null, { visits, days, visitors }: Count): string {
  const dates = [...new Set([...Object.keys(days), ...Object.keys(visitors?.days ?? {})])].sort();
  const rest = { visits, visitors: visitors?.total ?? 0 };
  let lines = "";
  do {
    const own = takeDates(dates, days, visitors?.days ?? {});
    const isLast = dates.length === 0;
    const line = {
      page,
      visits: isLast ? rest.visits : sumOf(own.days),
      ...(Object.keys(own.days).length > 0 && { days: own.days }),
      ...(visitors && { visitors: isLast ? rest.visitors : sumOf(own.visitorDays) }),
      ...(Object.keys(own.visitorDays).length > 0 && { visitorDays: own.visitorDays }),
    };
    lines += `${JSON.stringify(line)}\n`;
    rest.visits -= line.visits;
    rest.visitors -= line.visitors ?? 0;
  } while (dates.length > 0);
  return lines;
}

/** Takes as many dates as one line may have, in order. */
function takeDates(dates: string[], days: Days, visitorDays: Days): { days: Days; visitorDays: Days } {
  const taken = { days: {} as Record<string, number>, visitorDays: {} as Record<string, number> };
  let entries = 0;
  for (let date = dates[0]; date !== undefined && entries + 2 <= MAX_LINE_DAYS; date = dates[0]) {
    dates.shift();
    for (const [from, to] of [
      [days, taken.days],
      [visitorDays, taken.visitorDays],
    ] as const) {
      const count = from[date];
      if (!count) continue;
      to[date] = count;
      entries += 1;
    }
  }
  return taken;
}

/** For openapi.json; no bundle has it. */
export function transferDocs(): RouteDocs {
  return {
    "POST /v1/import": {
      operationId: "importVisits",
      group: "Administer",
      key: "admin",
      summary: "Add numbers from elsewhere",
      description:
        `Lines of JSON, at most ${MAX_LINES.toLocaleString("en-US")} and ${MAX_IMPORT_BYTES} bytes; a line's days sum to at most its visits. ` +
        "All are checked before any is written; sent again with the same Idempotency-Key, which is required, nothing is added twice.",
      query: SITE_QUERY,
      body: { schema: LINE, lines: true },
      fields: {
        page: "A page; null: visits that no page has, without days, and the site's own visitors.",
        days: `How many of the visits belong to which day (YYYY-MM-DD); with visitorDays at most ${MAX_LINE_DAYS} entries.`,
        visitors: "Visitors, those of visitorDays included; by default their sum. Ignored where VISITORS is off.",
        visitorDays: "How many visitors there were on which day (YYYY-MM-DD).",
      },
      answer: object({ lines: ANSWERS.visits, visits: ANSWERS.visits }),
      problems: [...KEY_PROBLEMS, "site-not-allowed", "too-large", "id-reused"],
      idempotencyKey: "required",
    },
    "GET /v1/export": {
      operationId: "exportVisits",
      group: "Administer",
      key: "admin",
      summary: "Read all of a site, a part at a time",
      description:
        "Lines of JSON as an import takes them, of the pages behind `after` in byte order. While there are more, the header Link names the next " +
        "part. Without `after` the first line is that of the site itself. Each line is exact; the whole is not one snapshot.",
      query: EXPORT_QUERY,
      fields: {
        limit: `The most pages; by default ${DEFAULT_EXPORT_PAGES}. An answer of ${MAX_EXPORT_BYTES / 1_000_000} MB ends earlier.`,
        after: "The last page of the part before.",
      },
      answer: NDJSON,
      linked: true,
      problems: [...KEY_PROBLEMS, ...READING_PROBLEMS],
    },
  };
}
