import { MAX_JSON_BYTES } from "./body.ts";
import { MAX_VISITS } from "./fields.ts";
import { MAX_IMPORT_BYTES } from "./import.ts";
import { MAX_LINES } from "./lines.ts";
import type { OperationId } from "./operations.ts";
import { PROBLEMS, type ProblemCode } from "./problem.ts";

/** A JSON Schema (2020-12), as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What only documents an operation. The service never loads this: openapi.json and the gateway's document are made of it and of `OPERATIONS`. */
export interface Reference {
  readonly group: "Count" | "Read" | "Administer";
  readonly summary: string;
  readonly description?: string;
  /** The good answer. `schema` is `null` where it is no JSON. */
  readonly answer: { readonly status: 200 | 204; readonly type: string | null; readonly schema: JsonSchema | null };
  /** Its own refusals; every operation may also answer `COMMON_PROBLEMS`. */
  readonly problems: readonly ProblemCode[];
  /** Whether it reads `Idempotency-Key`. */
  readonly idempotencyKey?: "optional" | "required";
}

/** Any operation may answer these. */
export const COMMON_PROBLEMS = ["invalid-input", "uri-too-long", "internal", "unavailable"] as const satisfies readonly ProblemCode[];

/** What each kind of refusal means. */
export const MEANINGS: Readonly<Record<ProblemCode, string>> = {
  "invalid-input": "The request does not fit the contract",
  unauthorized: "The API key is missing or wrong",
  "administration-off": "Administration is off",
  "site-not-allowed": "This site may not use the service",
  "site-mismatch": "The request names another site than its origin",
  "page-not-allowed": "This page may not be counted",
  "not-found": "There is nothing at this path",
  "method-not-allowed": "This path does not know the method",
  "too-large": "The body is too large",
  "uri-too-long": "The URL is too long",
  "unsupported-media-type": "The body is of an unknown type",
  "id-reused": "The id was used for something else",
  "too-many-requests": "This address sends too many visits",
  "too-many-new-pages": "This site gets too many new pages",
  internal: "The service failed",
  overloaded: "More visits arrive than can be counted",
  unavailable: "The store is not available",
};

const object = (properties: Readonly<Record<string, JsonSchema>>, ...optional: readonly string[]): JsonSchema => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});
const list = (items: JsonSchema): JsonSchema => ({ type: "array", items });

/** What every error is: RFC 9457. */
export const PROBLEM: JsonSchema = object({
  type: { enum: Object.keys(PROBLEMS).map((code) => `urn:footfall:${code}`) },
  title: { type: "string", description: "The kind of refusal, in words." },
  status: { type: "integer" },
  detail: { type: "string", description: "Which field, what it was and what is allowed." },
});

const site: JsonSchema = { type: "string", minLength: 1, maxLength: 253 };
const page: JsonSchema = { type: "string", pattern: "^/", maxLength: 1_024 };
const visits: JsonSchema = { type: "integer", minimum: 0 };
const date: JsonSchema = { type: "string", format: "date" };
const points = list(object({ date, visits }));
const json = (schema: JsonSchema): Reference["answer"] => ({ status: 200, type: "application/json", schema });
const other = (type: string): Reference["answer"] => ({ status: 200, type, schema: null });
const KEY: readonly ProblemCode[] = ["unauthorized", "administration-off"];
const COUNTING: readonly ProblemCode[] = [
  "site-not-allowed",
  "site-mismatch",
  "page-not-allowed",
  "id-reused",
  "too-many-requests",
  "too-many-new-pages",
  "overloaded",
];

/** Every operation's reference: one that is missing, or too many, does not compile. */
export const REFERENCE: Readonly<Record<OperationId, Reference>> = {
  countVisit: {
    group: "Count",
    summary: "Count a visit",
    description:
      "Answers after the store has committed the visit. With an id the visit is exactly-once: sending it again within 24 hours counts " +
      `nothing and answers the current totals. The body has at most ${MAX_JSON_BYTES} bytes; none counts the site's page "/".`,
    answer: json(
      object({ site, page, visits, siteVisits: visits, counted: { type: "boolean" }, reason: { enum: ["duplicate", "bot"] } }, "reason"),
    ),
    problems: [...COUNTING, "too-large", "unsupported-media-type"],
    idempotencyKey: "optional",
  },
  readVisits: {
    group: "Read",
    summary: "Read totals",
    description: "One consistent snapshot, pages in the order asked; a page without visits is 0.",
    answer: json(object({ site, siteVisits: visits, pages: list(object({ page, visits })) })),
    problems: ["site-not-allowed"],
  },
  setVisits: {
    group: "Administer",
    summary: "Set a page's total",
    description: `A start value on migration, from 0 to ${MAX_VISITS}. Exact while visits are counted.`,
    answer: json(object({ site, page, visits, siteVisits: visits })),
    problems: [...KEY, "site-not-allowed", "too-large", "unsupported-media-type"],
    idempotencyKey: "optional",
  },
  deleteVisits: {
    group: "Administer",
    summary: "Remove a page's counter",
    description: "Answers the same where there is none.",
    answer: { status: 204, type: null, schema: null },
    problems: [...KEY, "site-not-allowed"],
    idempotencyKey: "optional",
  },
  pixel: {
    group: "Count",
    summary: "Count a visit with an image",
    description: "For pages without scripts: a transparent GIF of one pixel. The site is that of Referer where it is sent.",
    answer: other("image/gif"),
    problems: COUNTING,
    idempotencyKey: "optional",
  },
  badge: {
    group: "Count",
    summary: "Show a page's visits as a badge",
    description: "With count=true it counts a visit first, as the pixel does.",
    answer: other("image/svg+xml"),
    problems: COUNTING,
    idempotencyKey: "optional",
  },
  listSites: {
    group: "Read",
    summary: "List the sites",
    answer: json(object({ sites: list(object({ site, visits })) })),
    problems: KEY,
  },
  listPages: {
    group: "Read",
    summary: "List a site's pages",
    description:
      "By name, a part at a time (pages across cursors are not one snapshot), or the top pages. With from or to, each page also has its visits in that period, day by day; of many days there are fewer pages an answer, and a nextCursor.",
    answer: json(
      object(
        {
          site,
          pages: list(object({ page, visits, periodVisits: visits, points }, "periodVisits", "points")),
          nextCursor: { type: "string", pattern: "^[A-Za-z0-9_-]+$" },
        },
        "nextCursor",
      ),
    ),
    problems: [...KEY, "site-not-allowed"],
  },
  readSeries: {
    group: "Read",
    summary: "Read visits day by day",
    description: "One point for every day, zeros included; without page the whole site; by default the last 30 days.",
    answer: json(object({ site, page: { ...page, type: ["string", "null"] }, from: date, to: date, points })),
    problems: [...KEY, "site-not-allowed"],
  },
  importVisits: {
    group: "Administer",
    summary: "Add numbers from elsewhere",
    description:
      `Lines of JSON, at most ${MAX_LINES.toLocaleString("en-US")} and ${MAX_IMPORT_BYTES} bytes; a line's days sum to at most its visits. All are checked before any is ` +
      "written; sent again with the same Idempotency-Key, which is required, nothing is added twice.",
    answer: json(object({ lines: visits, visits })),
    problems: [...KEY, "site-not-allowed", "too-large", "id-reused"],
    idempotencyKey: "required",
  },
  exportVisits: {
    group: "Administer",
    summary: "Read all of a site",
    description: "Lines of JSON as an import takes them. Each line is exact; the whole is not one snapshot.",
    answer: other("application/x-ndjson"),
    problems: [...KEY, "site-not-allowed"],
  },
  checkHealth: {
    group: "Read",
    summary: "Ask whether the service can count",
    answer: json(object({ status: { const: "ok" }, store: { enum: ["datastore", "sqlite"] }, version: { type: "string" } })),
    problems: [],
  },
};
