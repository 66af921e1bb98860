import { FIELDS, type JsonSchema } from "../../src/api/reference.ts";
import type { Schema } from "../../src/api/schema.ts";

/** What the service validates by, explained: a field's description says what it means and what is allowed. */
export function explainFields({ properties = {} }: Schema): Record<string, JsonSchema & { readonly description: string }> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const meaning = FIELDS[name];
      if (meaning === undefined) throw new Error(`The field "${name}" has no description; FIELDS in src/api/reference.ts has them.`);
      const allowed = schema.allowed === "a string" ? "" : ` Allowed: ${schema.allowed}.`;
      return [name, { ...plain(schema), description: meaning + allowed }];
    }),
  );
}

/** An object's schema, its fields explained. */
export function explain(schema: Schema): JsonSchema {
  return { ...plain(schema), properties: explainFields(schema) };
}

/** The schema in JSON Schema's words alone. */
function plain({ allowed: _, items, additionalProperties, required = [], ...schema }: Schema): JsonSchema {
  return {
    ...schema,
    ...(required.length > 0 ? { required } : {}),
    ...(items ? { items: plain(items) } : {}),
    ...(additionalProperties ? { additionalProperties: plain(additionalProperties) } : {}),
  };
}
