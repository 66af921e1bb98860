import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import { FIELDS, type JsonSchema, type RouteDoc } from "../../src/routes/docs.ts";
import { DescriptionError } from "./document.ts";

/** An object's schema whose fields say what they mean and what is allowed. */
export type ObjectSchema = JsonSchema & {
  readonly properties: Readonly<Record<string, JsonSchema & { readonly description: string }>>;
  readonly required: readonly string[];
};

/**
 * What validates a request, in JSON Schema.
 *
 * @param schema of an object
 * @param own what its fields mean, where `FIELDS` does not say it
 * @param where it stands, as in `GET /v1/pages`, for the complaint about a field without a description
 */
export function describeSchema(schema: GenericSchema, own: RouteDoc["fields"], where: string): ObjectSchema {
  const {
    $schema,
    properties = {},
    required = [],
    ...rest
  } = toJsonSchema(schema, {
    // What a request may send, before it is transformed.
    typeMode: "input",
    errorMode: "ignore",
    overrideAction: ({ valibotAction }) => openapiOf(valibotAction),
  });
  const described = Object.entries(properties).map(([name, property]) => {
    const meaning = own?.[name] ?? FIELDS[name];
    if (meaning === undefined)
      throw new DescriptionError(`${where}: the field "${name}" has no description; add one to "fields" of its docs.`);
    return [name, { ...(property as JsonSchema), description: meaning }] as const;
  });
  return { ...rest, properties: Object.fromEntries(described), required };
}

/** The JSON Schema that a field brings along in its metadata; see src/http/fields.ts. */
function openapiOf(action: object): JsonSchema | undefined {
  if (!("metadata" in action) || typeof action.metadata !== "object" || action.metadata === null) return undefined;
  const { openapi } = action.metadata as { openapi?: JsonSchema };
  return openapi;
}
