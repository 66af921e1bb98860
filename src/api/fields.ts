import * as v from "valibot";

/** A schema's message is the part of a refusal that says what is allowed; `parse` adds the field and what it was. */

/** The largest number that a counter may be set to: JSON's safe integers end there. */
export const MAX_VISITS = Number.MAX_SAFE_INTEGER;
/** Pages in one `GET /v1/visits`. */
export const MAX_PAGES_READ = 100;

const ID_ALLOWED = "8 to 128 characters of A-Z, a-z, 0-9, _ and -";
const ID = /^[A-Za-z0-9_-]{8,128}$/;
const VISITS_ALLOWED = `an integer from 0 to ${MAX_VISITS}`;
const LIMIT_ALLOWED = "an integer from 1 to 1000";
const LABEL_ALLOWED = "1 to 64 characters, none of them a control character";
const COLOR_ALLOWED = "a name (brightgreen, green, yellowgreen, yellow, orange, red, blue, grey, lightgrey) or 3 or 6 hexadecimal digits";

/** Text of any kind: what a name must look like is the domain's to say. */
export const text = v.string("a string");
export const optionalText = v.optional(text);

export const id = v.pipe(v.string(ID_ALLOWED), v.regex(ID, ID_ALLOWED));
export const visits = v.pipe(v.number(VISITS_ALLOWED), v.safeInteger(VISITS_ALLOWED), v.minValue(0, VISITS_ALLOWED));
export const days = v.record(v.string(), visits, "an object of days and visits");

export const pages = v.optional(v.pipe(v.array(text), v.maxLength(MAX_PAGES_READ, `at most ${MAX_PAGES_READ} pages`)));
export const flag = v.optional(v.picklist(["true", "false"], '"true" or "false"'));
export const sort = v.optional(v.picklist(["page", "visits"], '"page" or "visits"'));
export const limit = v.optional(v.pipe(v.string(LIMIT_ALLOWED), v.regex(/^(?:[1-9]\d{0,2}|1000)$/, LIMIT_ALLOWED)));
export const label = v.optional(v.pipe(v.string(), v.regex(/^[^\p{Cc}\p{Cs}\ufffe\uffff]{1,64}$/u, LABEL_ALLOWED)));
export const color = v.optional(
  v.pipe(
    v.string(),
    v.regex(/^(?:(?:bright|yellow)?green|yellow|orange|red|blue|(?:light)?grey|#?(?:[0-9a-f]{3}|[0-9a-f]{6}))$/i, COLOR_ALLOWED),
  ),
);

/** A line of an import. */
export const line = v.object({ page: text, visits, days: v.optional(days) }, "a JSON object");
