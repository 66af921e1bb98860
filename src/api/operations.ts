import * as v from "valibot";
import { color, flag, id, label, limit, line, optionalText, pages, sort, text, visits } from "./fields.ts";

/** What a query or a JSON body may hold; other fields are ignored. */
export type Fields = v.ObjectSchema<v.ObjectEntries, string>;

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

const fields = <E extends v.ObjectEntries>(entries: E) => v.object(entries, "a JSON object");
const none = fields({});
const site = optionalText;
const page = optionalText;

/** Every operation, by its `operationId`. */
export const OPERATIONS = {
  countVisit: {
    method: "POST",
    path: "/v1/visits",
    alias: "/visits",
    query: none,
    body: { type: "json", schema: fields({ page, site, id: v.optional(id) }) },
  },
  readVisits: { method: "GET", path: "/v1/visits", alias: "/visits", query: fields({ site, page: pages }) },
  setVisits: {
    method: "PUT",
    path: "/v1/visits",
    alias: "/visits",
    key: "admin",
    query: none,
    body: { type: "json", schema: fields({ site, page: text, visits }) },
  },
  deleteVisits: { method: "DELETE", path: "/v1/visits", alias: "/visits", key: "admin", query: fields({ site, page: text }) },
  pixel: { method: "GET", path: "/v1/pixel", forEveryone: true, query: fields({ site, page, id: v.optional(id) }) },
  badge: {
    method: "GET",
    path: "/v1/badge",
    forEveryone: true,
    query: fields({ site, page, label, color, count: flag, id: v.optional(id) }),
  },
  listSites: { method: "GET", path: "/v1/sites", key: "stats", query: none },
  listPages: {
    method: "GET",
    path: "/v1/pages",
    key: "stats",
    query: fields({ site, sort, limit, cursor: optionalText, from: optionalText, to: optionalText }),
  },
  readSeries: { method: "GET", path: "/v1/series", key: "stats", query: fields({ site, page, from: optionalText, to: optionalText }) },
  importVisits: { method: "POST", path: "/v1/import", key: "admin", query: fields({ site }), body: { type: "ndjson", schema: line } },
  exportVisits: { method: "GET", path: "/v1/export", key: "admin", query: fields({ site }) },
  checkHealth: { method: "GET", path: "/v1/health", query: none },
} as const satisfies Record<string, Operation>;

export type Operations = typeof OPERATIONS;
export type OperationId = keyof Operations;
/** A query as its handler gets it. */
export type Query<K extends OperationId> = v.InferOutput<Operations[K]["query"]>;
/** A JSON body as its handler gets it; `undefined` where there is none. */
export type Body<K extends OperationId> = Operations[K] extends { body: { type: "json"; schema: infer S extends Fields } }
  ? v.InferOutput<S>
  : undefined;

/** The operations of a path; none where nothing is. */
export function operationsAt(path: string): readonly Operation[] {
  const clean = path.replace(/\/$/, "");
  return Object.values<Operation>(OPERATIONS).filter((operation) => operation.path === clean || operation.alias === clean);
}
