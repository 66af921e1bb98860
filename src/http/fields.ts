import * as v from "valibot";

/** The largest number that a counter may be set to, or grow by in one import: sums of thousands are still safe integers. */
export const MAX_VISITS = 1_000_000_000_000;

// The message of each is what is allowed there; `openapi` is its JSON Schema, where the query's text differs from its value.

/** Text of any kind: the domain says what a site or a page must look like. */
export const text = v.string("a string");

const ID_ALLOWED = "8 to 128 characters of A-Z, a-z, 0-9, _ and -";
export const id = v.pipe(v.string(ID_ALLOWED), v.regex(/^[A-Za-z0-9_-]{8,128}$/, ID_ALLOWED));

const VISITS_ALLOWED = `an integer from 0 to ${MAX_VISITS}`;
export const visits = v.pipe(
  v.number(VISITS_ALLOWED),
  v.safeInteger(VISITS_ALLOWED),
  v.minValue(0, VISITS_ALLOWED),
  v.maxValue(MAX_VISITS, VISITS_ALLOWED),
);

/** A flag of a body. */
export const bodyFlag = v.boolean("true or false");

/** A flag of a query. */
export const flag = v.picklist(["true", "false"], '"true" or "false"');

/** An integer of a query, in decimal digits. */
export function queryInteger(min: number, max: number) {
  const allowed = `an integer from ${min} to ${max}`;
  return v.pipe(
    v.string(allowed),
    v.regex(/^(?:0|[1-9]\d*)$/, allowed),
    v.check((digits) => Number(digits) >= min && Number(digits) <= max, allowed),
    v.toNumber(),
    v.metadata({ openapi: { type: "integer", minimum: min, maximum: max } }),
  );
}

/** A text of a query that may be there up to `max` times; absent is `[]`. */
export function queryList(max: number, allowed: string) {
  const one = v.pipe(
    text,
    v.transform((value) => [value]),
  );
  const list = v.union([one, v.pipe(v.array(text), v.maxLength(max, allowed))], allowed);
  const openapi = { type: "array", items: { type: "string" }, maxItems: max };
  return v.optional(v.pipe(list, v.metadata({ openapi })), () => []);
}
