import { MAX_LINE_DAYS } from "../../src/api/lines.ts";
import { DEFAULT_DAYS, MAX_PERIOD_DAYS } from "../../src/api/period.ts";
import { DEFAULT_LIMIT, MAX_TOP } from "../../src/api/read.ts";
import type { JsonSchema } from "../../src/api/reference.ts";
import type { Schema } from "../../src/api/schema.ts";

/** What a field of a query or a body means, wherever it stands. */
const FIELDS: Readonly<Record<string, string>> = {
  site: "A host name. When counting, by default that of Origin (images: Referer), which it must not contradict; then DEFAULT_SITE.",
  page: 'A path or a full URL of the site. "/blog", "/blog/", "//blog" and "https://example.com/blog?x=1#y" are one page.',
  id: "The visit's own id: however often it is sent within 24 hours, it counts once. The header Idempotency-Key is the same thing.",
  visits: "A number of visits.",
  days: `How many of the visits belong to which UTC day (YYYY-MM-DD); at most ${MAX_LINE_DAYS} days.`,
  label: "The text on the badge's left side.",
  color: "The color of the badge's right side.",
  count: "Whether to count a visit first.",
  sort: "By name (the default), or by visits, the most first.",
  limit: `How many pages to answer; by default ${DEFAULT_LIMIT}; with sort=visits at most ${MAX_TOP}.`,
  cursor: "The nextCursor of the answer before; not with sort=visits.",
  from: `The first UTC day, as YYYY-MM-DD; by default ${DEFAULT_DAYS - 1} days before the last. At most ${MAX_PERIOD_DAYS.toLocaleString("en-US")} days.`,
  to: "The last UTC day, as YYYY-MM-DD; by default today.",
};

/** What the service validates by, explained: a field's description says what it means and what is allowed. */
export function explainFields({ properties = {} }: Schema): Record<string, JsonSchema & { readonly description: string }> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const meaning = FIELDS[name];
      if (meaning === undefined) throw new Error(`The field "${name}" has no description; build/openapi/fields.ts has them.`);
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
