import { color, flag, id, label, limit, line, pages, sort, text, visits } from "./fields.ts";
import { object, type Schema, type Value } from "./schema.ts";

/** What a query or a JSON body may hold. */
export type Fields = Schema & Required<Pick<Schema, "properties" | "required">>;

/** One operation, described once: routes, validation, 405, preflights, openapi.json and the gateway's document all read it here. */
export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  /** Another path of the same handler. */
  readonly alias?: string;
  /** `admin`: always with the key; `stats`: with the key unless `PUBLIC_STATS` is set. */
  readonly key?: "admin" | "stats";
  /** For every website, whatever its origin: meant to be embedded. */
  readonly forEveryone?: boolean;
  readonly query: Fields;
  /** `json`: one object; `ndjson`: one object a line, which the handler reads. */
  readonly body?: { readonly type: "json" | "ndjson"; readonly schema: Fields };
}

const none = object({});
const site = text;
const page = text;

/** Every operation, by its `operationId`. */
export const OPERATIONS = {
  countVisit: {
    method: "POST",
    path: "/v1/visits",
    alias: "/visits",
    query: none,
    body: { type: "json", schema: object({ page, site, id }) },
  },
  readVisits: { method: "GET", path: "/v1/visits", alias: "/visits", query: object({ site, page: pages }) },
  setVisits: {
    method: "PUT",
    path: "/v1/visits",
    alias: "/visits",
    key: "admin",
    query: none,
    body: { type: "json", schema: object({ site, page, visits }, ["page", "visits"]) },
  },
  deleteVisits: { method: "DELETE", path: "/v1/visits", alias: "/visits", key: "admin", query: object({ site, page }, ["page"]) },
  pixel: { method: "GET", path: "/v1/pixel", forEveryone: true, query: object({ site, page, id }) },
  badge: {
    method: "GET",
    path: "/v1/badge",
    forEveryone: true,
    query: object({ site, page, label, color, count: flag, id }),
  },
  listSites: { method: "GET", path: "/v1/sites", key: "stats", query: none },
  listPages: {
    method: "GET",
    path: "/v1/pages",
    key: "stats",
    query: object({ site, sort, limit, cursor: text, from: text, to: text }),
  },
  readSeries: { method: "GET", path: "/v1/series", key: "stats", query: object({ site, page, from: text, to: text }) },
  importVisits: { method: "POST", path: "/v1/import", key: "admin", query: object({ site }), body: { type: "ndjson", schema: line } },
  exportVisits: { method: "GET", path: "/v1/export", key: "admin", query: object({ site }) },
  checkHealth: { method: "GET", path: "/v1/health", query: none },
} as const satisfies Record<string, Operation>;

export type Operations = typeof OPERATIONS;
export type OperationId = keyof Operations;
/** A query as its handler gets it. */
export type Query<K extends OperationId> = Value<Operations[K]["query"]>;
/** A JSON body as its handler gets it; `undefined` where there is none. */
export type Body<K extends OperationId> = Operations[K] extends { body: { type: "json"; schema: infer S } } ? Value<S> : undefined;

/** The operations of a path; none where nothing is. */
export function operationsAt(path: string): readonly Operation[] {
  return Object.values<Operation>(OPERATIONS).filter((operation) => operation.path === path || operation.alias === path);
}
