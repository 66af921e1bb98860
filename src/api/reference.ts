import * as v from "valibot";
import { MAX_JSON_BYTES } from "./body.ts";
import { id, MAX_VISITS, visits } from "./fields.ts";
import { MAX_IMPORT_BYTES } from "./import.ts";
import type { OperationId } from "./operations.ts";
import type { ProblemCode } from "./problem.ts";

/** What only documents an operation. The service never loads this: openapi.json and the gateway's document are made of it and of `OPERATIONS`. */
export interface Reference {
  readonly summary: string;
  readonly description?: string;
  /** The good answer. `schema` is `null` where it is no JSON. */
  readonly answer: { readonly status: 200 | 204; readonly type: string | null; readonly schema: v.GenericSchema | null };
  /** Its own refusals; every operation may also answer `COMMON_PROBLEMS`. */
  readonly problems: readonly ProblemCode[];
  /** Headers that it reads. */
  readonly headers?: readonly (keyof typeof HEADERS)[];
}

/** Any operation may answer these. */
export const COMMON_PROBLEMS = ["invalid-input", "internal", "unavailable"] as const satisfies readonly ProblemCode[];

/** Headers of requests. */
export const HEADERS = {
  "Idempotency-Key": { schema: id, description: "Makes the request safe to send again; bare or as a quoted string." },
  "X-API-Key": { schema: v.string(), description: "The service's ADMIN_KEY." },
} as const;

/** What every error is: RFC 9457. */
export const problem = v.object({
  type: v.pipe(v.string(), v.startsWith("urn:footfall:")),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
});

const site = v.string();
const page = v.pipe(v.string(), v.startsWith("/"));
const date = v.pipe(v.string(), v.isoDate());
const point = v.object({ date, visits });
const pageTotal = v.object({ page, visits });
const json = (schema: v.GenericSchema): Reference["answer"] => ({ status: 200, type: "application/json", schema });
const other = (type: string): Reference["answer"] => ({ status: 200, type, schema: null });
const KEY: readonly ProblemCode[] = ["unauthorized", "administration-off"];
const COUNTING: readonly ProblemCode[] = ["site-not-allowed", "site-mismatch", "page-not-allowed", "id-reused"];

/** Every operation's reference: one that is missing, or too many, does not compile. */
export const REFERENCE: Readonly<Record<OperationId, Reference>> = {
  countVisit: {
    summary: "Count a visit",
    description:
      "Answers after the store has committed the visit. With an id the visit is exactly-once: sending it again within 24 hours counts " +
      `nothing and answers the current totals. The body has at most ${MAX_JSON_BYTES} bytes; none counts the site's page "/".`,
    answer: json(
      v.object({
        site,
        page,
        visits,
        siteVisits: visits,
        counted: v.boolean(),
        reason: v.optional(v.picklist(["duplicate", "bot"])),
      }),
    ),
    problems: [...COUNTING, "too-large", "unsupported-media-type"],
    headers: ["Idempotency-Key"],
  },
  readVisits: {
    summary: "Read totals",
    description: "One consistent snapshot, pages in the order asked; a page without visits is 0.",
    answer: json(v.object({ site, siteVisits: visits, pages: v.array(pageTotal) })),
    problems: ["site-not-allowed"],
  },
  setVisits: {
    summary: "Set a page's total",
    description: `A start value on migration, from 0 to ${MAX_VISITS}. Exact while visits are counted.`,
    answer: json(v.object({ site, page, visits, siteVisits: visits })),
    problems: [...KEY, "site-not-allowed", "too-large", "unsupported-media-type"],
    headers: ["Idempotency-Key"],
  },
  deleteVisits: {
    summary: "Remove a page's counter",
    description: "Answers the same where there is none.",
    answer: { status: 204, type: null, schema: null },
    problems: [...KEY, "site-not-allowed"],
    headers: ["Idempotency-Key"],
  },
  pixel: {
    summary: "Count a visit with an image",
    description: "For pages without scripts: a transparent GIF of one pixel. The site is that of Referer where it is sent.",
    answer: other("image/gif"),
    problems: COUNTING,
    headers: ["Idempotency-Key"],
  },
  badge: {
    summary: "Show a page's visits as a badge",
    description: "With count=true it counts a visit first, as the pixel does.",
    answer: other("image/svg+xml"),
    problems: COUNTING,
    headers: ["Idempotency-Key"],
  },
  listSites: {
    summary: "List the sites",
    answer: json(v.object({ sites: v.array(v.object({ site, visits })) })),
    problems: KEY,
  },
  listPages: {
    summary: "List a site's pages",
    description:
      "By name, a part at a time (pages across cursors are not one snapshot), or the top pages. With from or to, each page also has its visits in that period, day by day.",
    answer: json(
      v.object({
        site,
        pages: v.array(v.object({ page, visits, periodVisits: v.optional(visits), points: v.optional(v.array(point)) })),
        nextCursor: v.optional(v.string()),
      }),
    ),
    problems: [...KEY, "site-not-allowed"],
  },
  readSeries: {
    summary: "Read visits day by day",
    description: "One point for every day, zeros included; without page the whole site; by default the last 30 days.",
    answer: json(v.object({ site, page: v.nullable(page), from: date, to: date, points: v.array(point) })),
    problems: [...KEY, "site-not-allowed"],
  },
  importVisits: {
    summary: "Add numbers from elsewhere",
    description:
      `Lines of JSON, at most 5,000 and ${MAX_IMPORT_BYTES} bytes; a line's days sum to at most its visits. All are checked before any is ` +
      "written; sent again with the same Idempotency-Key, which is required, nothing is added twice.",
    answer: json(v.object({ lines: visits, visits })),
    problems: [...KEY, "site-not-allowed", "too-large", "id-reused"],
    headers: ["Idempotency-Key"],
  },
  exportVisits: {
    summary: "Read all of a site",
    description: "Lines of JSON as an import takes them. Each line is exact; the whole is not one snapshot.",
    answer: other("application/x-ndjson"),
    problems: [...KEY, "site-not-allowed"],
  },
  checkHealth: {
    summary: "Ask whether the service can count",
    answer: json(v.object({ status: v.literal("ok"), store: v.picklist(["datastore", "sqlite"]), version: v.string() })),
    problems: [],
  },
};
