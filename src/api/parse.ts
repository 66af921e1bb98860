import * as v from "valibot";
import { InvalidInput, invalid } from "../domain/invalid.ts";
import type { Fields } from "./operations.ts";

/** What the schema makes of the input, or a 400 that names the first field at fault, what it was and what is allowed. */
export function parse<S extends Fields>(schema: S, input: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, input, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = issue.path?.map((item) => String(item.key)).join(".") ?? "body";
  if (issue.type === "object" && issue.path) throw new InvalidInput(`${field} is missing; it is required.`);
  invalid(field, issue.input, issue.message);
}

/** A query's fields: each at most once, except lists. Read by hand, as `URLSearchParams` hides malformed percent-encoding. */
export function parseQuery<S extends Fields>(schema: S, url: string): v.InferOutput<S> {
  const input: Record<string, string | string[]> = {};
  const start = url.indexOf("?");
  if (start >= 0) for (const pair of url.slice(start + 1).split("&")) addPair(schema, input, pair);
  return parse(schema, input);
}

function addPair(schema: Fields, input: Record<string, string | string[]>, pair: string): void {
  const [, name = "", text = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
  const entry = Object.hasOwn(schema.entries, name) ? schema.entries[name] : undefined;
  if (!entry) return;
  const value = decode(name, text);
  const known = input[name];
  if (isList(entry)) input[name] = [...(known ?? []), value];
  else if (known === undefined) input[name] = value;
  else invalid(name, [known, value], "one value");
}

function isList(entry: v.GenericSchema): boolean {
  return "wrapped" in entry && (entry.wrapped as v.GenericSchema).type === "array";
}

function decode(name: string, text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    invalid(name, text, "well-formed percent-encoding in UTF-8");
  }
}
