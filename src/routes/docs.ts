import type { GenericSchema } from "valibot";
import type { ProblemCode } from "../http/problem.ts";

/** A JSON Schema (2020-12), as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What openapi.json says of a route, beside what its schemas tell. Only the build reads it. */
export interface RouteDoc {
  readonly operationId: string;
  /** Another path of the same handlers. */
  readonly alias?: string;
  readonly group: "Count" | "Read" | "Administer" | "Pages";
  /** `admin`: always with the key; `stats`: with the key, unless `PUBLIC_STATS` is set. */
  readonly key?: "admin" | "stats";
  readonly summary: string;
  readonly description?: string;
  /** The schema that validates the query. */
  readonly query?: GenericSchema;
  /** The schema that validates the body: one JSON object, or one on each of its lines. */
  readonly body?: { readonly schema: GenericSchema; readonly lines?: true };
  /** What the fields of query and body mean, where {@link FIELDS} does not say it. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The good answer: its JSON, its other media type, or `null` for 204. */
  readonly answer: JsonSchema | string | null;
  /** The good answer has a `Link` to the next part. */
  readonly linked?: true;
  /** Its own refusals; every operation may also answer {@link COMMON_PROBLEMS}. */
  readonly problems: readonly ProblemCode[];
  /** Whether it reads `Idempotency-Key`. */
  readonly idempotencyKey?: "optional" | "required";
}

/** By method and path, as in `"GET /v1/visits"`. */
export type RouteDocs = Readonly<Record<`${"GET" | "POST" | "PUT" | "DELETE"} /${string}`, RouteDoc>>;

/** Any operation may answer these. */
export const COMMON_PROBLEMS: readonly ProblemCode[] = ["invalid-input", "uri-too-long", "internal", "unavailable"];
export const KEY_PROBLEMS: readonly ProblemCode[] = ["unauthorized", "administration-off"];
export const READING_PROBLEMS: readonly ProblemCode[] = ["site-not-allowed", "too-many-requests", "overloaded"];
export const COUNTING_PROBLEMS: readonly ProblemCode[] = [
  "site-not-allowed",
  "site-mismatch",
  "page-not-allowed",
  "id-reused",
  "too-many-requests",
  "too-many-new-pages",
  "too-many-new-sites",
  "too-many-lookups",
  "overloaded",
];

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
  "too-many-requests": "This address sends or reads too much",
  "too-many-new-pages": "This site gets too many new pages",
  "too-many-new-sites": "There are too many new sites",
  "too-many-lookups": "Too many new pages arrive to tell them from old ones",
  internal: "The service failed",
  overloaded: "More arrives than can be served",
  unavailable: "The store is not available",
};

/** What a field of a query or a body means, wherever it stands. */
export const FIELDS: Readonly<Record<string, string>> = {
  site: "A host name. When counting, by default that of Origin (images: Referer), which it must not contradict; then DEFAULT_SITE.",
  page: 'A path or a full URL of the site. "/blog", "/blog/", "//blog" and "https://example.com/blog?x=1#y" are one page.',
  id: "The visit's own id: however often it is sent within 24 hours, it counts once. The header Idempotency-Key is the same thing.",
  visits: "A number of visits.",
};

const NUMBER = { type: "integer", minimum: 0 } as const;

/** The numbers of a page, and of a site; those of visitors are there where VISITORS is `daily`. */
export const PAGE_NUMBERS: Readonly<Record<string, JsonSchema>> = {
  visits: NUMBER,
  visitsToday: NUMBER,
  visitors: NUMBER,
  visitorsToday: NUMBER,
};
export const SITE_NUMBERS: Readonly<Record<string, JsonSchema>> = {
  siteVisits: NUMBER,
  siteVisitsToday: NUMBER,
  siteVisitors: NUMBER,
  siteVisitorsToday: NUMBER,
};
export const VISITOR_NUMBERS = ["visitors", "visitorsToday", "siteVisitors", "siteVisitorsToday"] as const;

/** Fields of answers. */
export const ANSWERS = {
  site: { type: "string", minLength: 1, maxLength: 253 },
  page: { type: "string", pattern: "^/", maxLength: 1_024 },
  visits: NUMBER,
  date: { type: "string", format: "date" },
} as const satisfies Record<string, JsonSchema>;

/** The schema of an object; its fields are required, but for the `optional` ones. */
export function object(properties: Readonly<Record<string, JsonSchema>>, ...optional: readonly string[]): JsonSchema {
  return { type: "object", properties, required: Object.keys(properties).filter((name) => !optional.includes(name)) };
}

export function list(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}
