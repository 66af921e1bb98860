import { InvalidInput, invalid } from "../domain/invalid.ts";
import { memoize } from "./memo.ts";

/**
 * What a value must be, in these keywords of JSON Schema, so that openapi.json takes it as it is. `allowed` is the part of a refusal
 * that says what may stand there.
 */
export interface Schema {
  readonly type: "string" | "integer" | "array" | "object";
  readonly allowed: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of a query's list, whose items are text already. */
  readonly items?: Schema;
  readonly maxItems?: number;
  /** Others than these are ignored. */
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
}

/** The type of a value that fits a schema. */
export type Value<S> = S extends { enum: readonly (infer Word)[] }
  ? Word
  : S extends { type: "string" }
    ? string
    : S extends { type: "integer" }
      ? number
      : S extends { items: infer Item }
        ? Value<Item>[]
        : S extends { properties: infer P; required: readonly (infer R)[] }
          ? { [K in keyof P & R]: Value<P[K]> } & { [K in Exclude<keyof P, R>]?: Value<P[K]> }
          : S extends { additionalProperties: infer V }
            ? Record<string, Value<V>>
            : never;

/** The schema of an object with these fields. */
export function object<P extends Readonly<Record<string, Schema>>, R extends keyof P & string = never>(
  properties: P,
  required: readonly R[] = [],
) {
  return { type: "object", allowed: "a JSON object", properties, required } as const;
}

const regExp = memoize((pattern) => new RegExp(pattern, "u"));

const FITS: { readonly [T in Schema["type"]]: (value: unknown, schema: Schema) => boolean } = {
  string: (value, { pattern, enum: words }) =>
    typeof value === "string" && (!pattern || regExp(pattern).test(value)) && (!words || words.includes(value)),
  integer: (value, { minimum = 0, maximum = 0 }) => Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
  array: (value, { maxItems = 0 }) => Array.isArray(value) && value.length <= maxItems,
  object: (value) => value instanceof Object && !Array.isArray(value),
};

/** Whether a value is what its schema says, its fields apart. */
export function fits(schema: Schema, value: unknown): boolean {
  return FITS[schema.type](value, schema);
}

/** The value where it fits its schema, else a 400 that names the first field at fault, what it was and what is allowed. */
export function check<S extends Schema>(schema: S, value: unknown, path = ""): Value<S> {
  const { allowed, properties = {}, required, additionalProperties }: Schema = schema;
  if (!fits(schema, value)) invalid(path, value, allowed);
  const fields = Object(value);
  for (const [name, field] of Object.entries(properties)) {
    if (fields[name] !== undefined) check(field, fields[name], name);
    else if (required?.includes(name)) throw new InvalidInput(`${name} is missing; it is required.`);
  }
  if (additionalProperties) for (const name of Object.keys(fields)) check(additionalProperties, fields[name], `${path}.${name}`);
  return value as Value<S>;
}
