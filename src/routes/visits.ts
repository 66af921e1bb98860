import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as v from "valibot";
import { isMisfit } from "../domain/correction.ts";
import { InvalidInput, invalid, quote } from "../domain/invalid.ts";
import { normalizePage } from "../domain/page.ts";
import { ID_LIFETIME_MS } from "../domain/recorder.ts";
import { parseSite } from "../domain/site.ts";
import type { Misfit, NewTotals, Totals } from "../domain/store.ts";
import { json, MAX_JSON_BYTES } from "../http/body.ts";
import type { Env } from "../http/env.ts";
import { bodyFlag, id, MAX_VISITS, queryList, text, visits as visitsField } from "../http/fields.ts";
import { readableByAll } from "../http/headers.ts";
import { idempotencyKey, sha256Hex } from "../http/idempotency.ts";
import { query, strictObject } from "../http/validate.ts";
import type { RouteDeps } from "./deps.ts";
import {
  ANSWERS,
  COUNTING_PROBLEMS,
  KEY_PROBLEMS,
  list,
  object,
  PAGE_NUMBERS,
  READING_PROBLEMS,
  type RouteDocs,
  SITE_NUMBERS,
  VISITOR_NUMBERS,
} from "./docs.ts";
import { checkTotal } from "./room.ts";
import { pageNumbersOf, siteNumbersOf, totalsOf } from "./totals.ts";

/** Pages in one `GET /v1/visits`. */
const MAX_PAGES_READ = 100;
/** How long the store may try, for one write of an administrator. */
export const WRITE_DEADLINE_MS = 8_000;

const VISIT = { page: v.optional(text), site: v.optional(text), id: v.optional(id) };
const VISIT_BODY = strictObject(VISIT);
const VISIT_QUERY = v.object(VISIT);
const READ_QUERY = v.object({ site: v.optional(text), page: queryList(MAX_PAGES_READ, `at most ${MAX_PAGES_READ} pages`) });
const SET_BODY = strictObject({
  site: v.optional(text),
  page: v.optional(text),
  visits: v.optional(visitsField),
  visitors: v.optional(visitsField),
  dropDays: v.optional(bodyFlag, false),
});
/** A page that stands in the query, as those of other methods do, would be set for the whole site. */
const SET_QUERY = v.object({ page: v.optional(v.never("those of its body")), site: v.optional(v.never("those of its body")) });
const DELETE_QUERY = v.object({ site: v.optional(text), page: text });

/** Counts, reads, sets and removes the visits of pages. */
export function visits({ store, now, newId, http1, count, limitReads, sites, keys, today, config }: RouteDeps): Hono<Env> {
  const app = new Hono<Env>();

  app.post("/", query(VISIT_QUERY), json(VISIT_BODY, { http1 }), async (c) => {
    const [asked, body] = [c.req.valid("query"), c.req.valid("json")];
    const origin = c.req.header("Origin") || null;
    const site = either("site", asked.site, body.site, parseSite);
    const page = either("page", asked.page, body.page, (one) => normalizePage(one, sites.toCount(site, origin)));
    const id = either("id", asked.id, body.id, (one) => one);
    return c.json(await count(c, { site, page, id }, origin, origin !== null));
  });

  app.get("/", readableByAll, query(READ_QUERY), async (c) => {
    const asked = c.req.valid("query");
    const site = sites[(await keys.isAdmin(c)) ? "toAdminister" : "toRead"](asked.site, c.get("originSite"));
    const names = asked.page.map((page) => normalizePage(page, site));
    const distinct = [...new Set(names)];
    limitReads(c, 1 + distinct.length);
    const day = today();
    const totals = await store.totals(site, distinct, day);
    const numbers = pageNumbersOf(totals, distinct, day);
    const pages = names.map((page) => numbers.get(page));
    return c.json({ site, ...siteNumbersOf(totals, day), pages }, 200, { "Cache-Control": "no-cache" });
  });

  app.put("/", keys.admin, query(SET_QUERY), json(SET_BODY, { http1 }), async (c) => {
    const { site: requestedSite, page: requestedPage, visits = null, visitors = null, dropDays } = c.req.valid("json");
    const site = sites.toRead(requestedSite, c.get("originSite"));
    const page = requestedPage === undefined ? null : normalizePage(requestedPage, site);
    if (visits === null && visitors === null) throw new InvalidInput("visits and visitors are missing; one of them is required.");
    if (visitors !== null && config.visitors === "off") invalid("visitors", visitors, "none, as the service's VISITORS is off");
    if (page === null && dropDays) invalid("dropDays", dropDays, "false without a page, as the days are those of pages");
    const day = today();
    if (page !== null && visits !== null) await checkTotal(store, site, page, visits, day);
    const totals = await correct(c, site, page, { visits, visitors, dropDays }, day);
    const numbers =
      page === null ? { site, ...siteNumbersOf(totals, day), unattributed: totals.unattributed } : totalsOf(site, page, totals, day);
    return c.json(numbers);
  });

  app.delete("/", keys.admin, query(DELETE_QUERY), async (c) => {
    const asked = c.req.valid("query");
    const site = sites.toAdminister(asked.site, c.get("originSite"));
    await correct(c, site, normalizePage(asked.page, site), "remove", today());
    return c.body(null, 204);
  });

  async function correct(c: Context<Env>, site: string, page: string | null, change: NewTotals | "remove", day: string): Promise<Totals> {
    const key = idempotencyKey(c);
    // The key holds for this very correction: with other contents it is another one.
    const id = key === null ? newId() : await sha256Hex("correct", site, page, JSON.stringify(change), key);
    const time = now();
    const correction = { id, site, page, change, today: day, expireAt: time + ID_LIFETIME_MS };
    const result = await store.correct(correction, time + WRITE_DEADLINE_MS);
    return isMisfit(result) ? refuse(result, page, change !== "remove" && change.visitors !== null) : result;
  }

  return app;
}

/** A 400 that names a field that was sent, and what would fit. */
function refuse({ misfit, value, least, most }: Misfit, page: string | null, setsVisitors: boolean): never {
  const unless = page === null ? "" : ", unless dropDays is true";
  if (misfit === "visits") invalid(misfit, value, `at least ${least}, the visits of its ${page === null ? "pages" : "days"}${unless}`);
  if (!setsVisitors) invalid("visits", most, `at least ${value}, as there are so many visitors`);
  const low = least > 0 ? `at least ${least}, the visitors of its days${unless}, and ` : "";
  invalid(misfit, value, `${low}at most the visits (${most})`);
}

/** A field of the query or of the body; in both it must be the same after normalisation. */
function either(name: string, inQuery: string | undefined, inBody: string | undefined, normalize: (text: string) => string) {
  if (inQuery !== undefined && inBody !== undefined && inQuery !== inBody && normalize(inQuery) !== normalize(inBody)) {
    const found = `${quote(inBody)} in the body and ${quote(inQuery)} in the query`;
    throw new InvalidInput(`${name} is ${found}; allowed is one of them, or both the same.`);
  }
  return inBody ?? inQuery;
}

/** For openapi.json; no bundle has it. */
export function visitsDocs(): RouteDocs {
  const { site, page, visits } = ANSWERS;
  const numbers = { site, page, ...PAGE_NUMBERS, ...SITE_NUMBERS };
  return {
    "POST /v1/visits": {
      operationId: "countVisit",
      alias: "/visits",
      group: "Count",
      summary: "Count a visit",
      description:
        "Answers after the store has committed the visit. With an id the visit is exactly-once: sending it again within 24 hours counts " +
        `nothing and answers the current totals. The body has at most ${MAX_JSON_BYTES} bytes; none counts the site's page "/". The ` +
        "fields may also stand in the query.",
      query: VISIT_QUERY,
      body: { schema: VISIT_BODY },
      answer: object({ ...numbers, counted: { type: "boolean" }, reason: { enum: ["duplicate", "bot"] } }, "reason", ...VISITOR_NUMBERS),
      problems: [...COUNTING_PROBLEMS, "too-large", "unsupported-media-type"],
      idempotencyKey: "optional",
    },
    "GET /v1/visits": {
      operationId: "readVisits",
      alias: "/visits",
      group: "Read",
      summary: "Read totals",
      description: "One consistent snapshot, pages in the order asked; a page without visits is 0.",
      query: READ_QUERY,
      answer: object({ site, ...SITE_NUMBERS, pages: list(object({ page, ...PAGE_NUMBERS }, ...VISITOR_NUMBERS)) }, ...VISITOR_NUMBERS),
      problems: READING_PROBLEMS,
    },
    "PUT /v1/visits": {
      operationId: "setVisits",
      alias: "/visits",
      group: "Administer",
      key: "admin",
      summary: "Set the totals of a page or of a site",
      description:
        `Start values on migration, from 0 to ${MAX_VISITS}. Exact while visits are counted. Without page it sets the site's: the difference to ` +
        "its pages' sum is its unattributed visits.",
      body: { schema: SET_BODY },
      fields: {
        visits: "All visits; at least those of its days, or of the site's pages.",
        visitors: "All visitors; at least those of its days, and at most the visits.",
        dropDays: "Whether to drop the page's days.",
      },
      answer: object({ ...numbers, unattributed: visits }, "page", "visits", "visitsToday", "unattributed", ...VISITOR_NUMBERS),
      problems: [...KEY_PROBLEMS, "site-not-allowed", "too-large", "unsupported-media-type"],
      idempotencyKey: "optional",
    },
    "DELETE /v1/visits": {
      operationId: "deleteVisits",
      alias: "/visits",
      group: "Administer",
      key: "admin",
      summary: "Remove a page's counter",
      description: "Answers the same where there is none.",
      query: DELETE_QUERY,
      answer: null,
      problems: [...KEY_PROBLEMS, "site-not-allowed"],
      idempotencyKey: "optional",
    },
  };
}
