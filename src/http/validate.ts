import { validator } from "hono/validator";
import * as v from "valibot";
import { InvalidInput, invalid } from "../domain/invalid.ts";

/**
 * Validates the query by a schema: `c.req.valid("query")`. The message of each part of the schema says what is allowed there, such as
 * `v.string("a string")`, and becomes the end of the refusal: `page is 1; allowed is a string.`
 */
export function query<S extends v.GenericSchema>(schema: S) {
  return validator("query", (value): v.InferOutput<S> => check(schema, value));
}

/** The value where it fits its schema, else a 400 that names the first field at fault, what it was and what is allowed. */
export function check<S extends v.GenericSchema>(schema: S, value: unknown, name = "body"): v.InferOutput<S> {
  const { success, output, issues } = v.safeParse(schema, value, { abortEarly: true });
  return success ? output : refuse(issues[0], name);
}

function refuse({ input, expected, received, message, path }: v.BaseIssue<unknown>, name: string): never {
  const field = path?.map(({ key }) => String(key)).join(".") ?? name;
  if (expected === "never") throw new InvalidInput(`${field} is not a field of this request; allowed are ${message}.`);
  if (received === "undefined") throw new InvalidInput(`${field} is missing; it is required.`);
  invalid(field, input, message);
}

/** An object's schema; a field that it does not name is refused, as it is a misspelt one. */
export function strictObject<E extends v.ObjectEntries>(entries: E) {
  return v.strictObject(entries, Object.keys(entries).join(", "));
}
