import { Hono } from "hono/tiny";
import * as v from "valibot";
import { InvalidInput } from "../domain/invalid.ts";
import { ID_LIFETIME_MS } from "../domain/recorder.ts";
import type { PageTotal, Period } from "../domain/store.ts";
import { readText } from "../http/body.ts";
import type { Env } from "../http/env.ts";
import { text } from "../http/fields.ts";
import { idempotencyKey, sha256Hex } from "../http/idempotency.ts";
import { explain } from "../http/log.ts";
import { Problem } from "../http/problem.ts";
import { query } from "../http/validate.ts";
import type { RouteDeps } from "./deps.ts";
import { ANSWERS, KEY_PROBLEMS, object, type RouteDocs } from "./docs.ts";
import { cutIntoBatches, LINE, MAX_LINE_DAYS, MAX_LINES, parseLines } from "./import-lines.ts";
import { WRITE_DEADLINE_MS } from "./visits.ts";

/** The longest import, in bytes. */
export const MAX_IMPORT_BYTES = 4 * 1_024 * 1_024;
/** Pages that an export reads from the store, and holds in memory, at a time. */
const PAGES_AT_A_TIME = 500;
const ALL_TIME: Period = { from: "0001-01-01", to: "9999-12-31" };
const NDJSON = "application/x-ndjson";

const SITE_QUERY = v.object({ site: v.optional(text) });

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
    const lines = parseLines(body, site);
    const digest = await sha256Hex("body", body);
    for (const [index, additions] of cutIntoBatches(lines).entries()) {
      const id = await sha256Hex("import", site, key, index);
      const time = now();
      const outcome = await store.add({ id, digest, site, additions, expireAt: time + ID_LIFETIME_MS }, time + WRITE_DEADLINE_MS);
      if (outcome === "conflict") {
        throw new Problem("id-reused", "Idempotency-Key came with another body; allowed is an id of this import's own.");
      }
    }
    const visits = lines.reduce((sum, line) => sum + line.visits, 0);
    return c.json({ lines: lines.length, visits }, 200, { "Cache-Control": "no-store" });
  });
}

/** Streams all pages in the form that an import takes. */
export function exportVisits({ store, keys, sites, log }: RouteDeps): Hono<Env> {
  return new Hono<Env>().get("/", keys.admin, query(SITE_QUERY), async (c) => {
    const site = sites.toRead(c.req.valid("query").site, c.get("originSite"));
    const requestId = c.get("requestId");
    const encoder = new TextEncoder();
    const read = (after: string | null) => store.pages(site, after, PAGES_AT_A_TIME, ALL_TIME);
    // Read before the answer begins: a store that fails at once is a 503.
    let part = await read(null);
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const last = part.at(-1);
        if (last) controller.enqueue(encoder.encode(part.map(linesOf).join("")));
        if (!last || part.length < PAGES_AT_A_TIME) return controller.close();
        try {
          part = await read(last.page);
        } catch (error) {
          log({ severity: "ERROR", message: `an export broke off: ${explain(error, 500)}`, requestId });
          throw error;
        }
      },
    });
    return c.body(stream, 200, { "Content-Type": `${NDJSON}; charset=utf-8`, "Cache-Control": "no-store" });
  });
}

/** A page's lines: together they have its visits, and the last one those that bear no day. */
function linesOf({ page, visits, days }: PageTotal): string {
  const dates = Object.keys(days).sort();
  let lines = "";
  let rest = visits;
  do {
    const own = dates.splice(0, MAX_LINE_DAYS).map((date) => [date, days[date] ?? 0] as const);
    const sum = dates.length > 0 ? own.reduce((total, [, count]) => total + count, 0) : rest;
    lines += `${JSON.stringify({ page, visits: sum, ...(own.length > 0 && { days: Object.fromEntries(own) }) })}\n`;
    rest -= sum;
  } while (dates.length > 0);
  return lines;
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
      fields: { days: `How many of the visits belong to which UTC day (YYYY-MM-DD); at most ${MAX_LINE_DAYS} days.` },
      answer: object({ lines: ANSWERS.visits, visits: ANSWERS.visits }),
      problems: [...KEY_PROBLEMS, "site-not-allowed", "too-large", "id-reused"],
      idempotencyKey: "required",
    },
    "GET /v1/export": {
      operationId: "exportVisits",
      group: "Administer",
      key: "admin",
      summary: "Read all of a site",
      description: "Lines of JSON as an import takes them. Each line is exact; the whole is not one snapshot.",
      query: SITE_QUERY,
      answer: NDJSON,
      problems: [...KEY_PROBLEMS, "site-not-allowed"],
    },
  };
}
