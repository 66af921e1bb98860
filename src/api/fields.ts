import { COLOR_ALLOWED } from "./badge.ts";
import { object } from "./schema.ts";

/** The largest number that a counter may be set to, or grow by in one import: sums of thousands are still safe integers. */
export const MAX_VISITS = 1_000_000_000_000;
/** Pages in one `GET /v1/visits`. */
const MAX_PAGES_READ = 100;
/** The most pages that one list has. */
const MAX_LIMIT = 1_000;

/** Text of any kind: what a name must look like is the domain's to say. */
export const text = { type: "string", allowed: "a string" } as const;

export const id = {
  type: "string",
  allowed: "8 to 128 characters of A-Z, a-z, 0-9, _ and -",
  pattern: "^[A-Za-z0-9_-]{8,128}$",
} as const;

export const visits = { type: "integer", allowed: `an integer from 0 to ${MAX_VISITS}`, minimum: 0, maximum: MAX_VISITS } as const;
const days = { type: "object", allowed: "an object of days and visits", additionalProperties: visits } as const;

export const pages = { type: "array", allowed: `at most ${MAX_PAGES_READ} pages`, items: text, maxItems: MAX_PAGES_READ } as const;
export const flag = { type: "string", allowed: '"true" or "false"', enum: ["true", "false"] } as const;
export const sort = { type: "string", allowed: '"page" or "visits"', enum: ["page", "visits"] } as const;
export const limit = { type: "integer", allowed: `an integer from 1 to ${MAX_LIMIT}`, minimum: 1, maximum: MAX_LIMIT } as const;

export const label = {
  type: "string",
  allowed: "1 to 64 characters, none of them a control character",
  pattern: "^[^\\p{Cc}\\p{Cs}\\ufffe\\uffff]{1,64}$",
} as const;

export const color = { type: "string", allowed: COLOR_ALLOWED } as const;

/** A line of an import. */
export const line = object({ page: text, visits, days }, ["page", "visits"]);
