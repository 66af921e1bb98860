import { invalid } from "../domain/invalid.ts";
import type { Fields } from "./operations.ts";
import { check, fits, type Schema, type Value } from "./schema.ts";

/** A query's fields: each at most once, except lists. Read by hand, as `URLSearchParams` hides malformed percent-encoding. */
export function parseQuery<S extends Fields>(schema: S, url: string): Value<S> {
  const input: Record<string, unknown> = {};
  const start = url.indexOf("?");
  if (start >= 0) for (const pair of url.slice(start + 1).split("&")) addPair(schema, input, pair);
  return check(schema, input);
}

function addPair({ properties }: Fields, input: Record<string, unknown>, pair: string): void {
  const [, name = "", text = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
  const field = Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (!field) return;
  const value = decode(name, text);
  const known = input[name];
  if (field.type === "array") input[name] = [...((known as string[] | undefined) ?? []), value];
  else if (known === undefined) input[name] = asNumber(field, value);
  else invalid(name, [known, value], "one value");
}

/** The number that a text spells in its one usual way, where the field takes it; else the text, to be refused as it was sent. */
function asNumber(field: Schema, text: string): number | string {
  const number = Number(text);
  return fits(field, number) && String(number) === text ? number : text;
}

function decode(name: string, text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    invalid(name, text, "well-formed percent-encoding in UTF-8");
  }
}
