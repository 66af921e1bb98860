import { PAGES } from "../../src/api/assets.ts";
import { JSON_TYPES } from "../../src/api/body.ts";
import { id, line } from "../../src/api/fields.ts";
import { OPERATIONS, type Operation, type OperationId } from "../../src/api/operations.ts";
import { COMMON_PROBLEMS, PROBLEM, REFERENCE, type Reference } from "../../src/api/reference.ts";
import { HEADERS, headersOf, refusal, refusals, type Shared } from "./answers.ts";
import type { Content, Method, OpenApi, OperationObject, Parameter, Security } from "./document.ts";
import { explain, explainFields } from "./fields.ts";
import { PAGE_REFERENCE, templateOf } from "./pages.ts";

const DESCRIPTION = `Counts visits: each exactly once, and the answer has the new totals.

Every error is RFC 9457 \`application/problem+json\`; the schema \`Problem\` lists its types. An unknown path is a 404, another method a 405.
Each path answers preflights (\`OPTIONS\`, 204), and \`HEAD\` where it has \`GET\`, which never counts. Behind Google's API Gateway
the gateway's own refusals are \`{"code","message"}\`, without CORS headers: a script in a page of another origin cannot read them.`;

const TAGS = [
  { name: "Count", description: "Count visits." },
  { name: "Read", description: "Read without counting." },
  { name: "Administer", description: "With the API key; exact while visits are counted." },
  { name: "Pages", description: "Pages and scripts." },
];

/** The name of the one security scheme. */
export const API_KEY = "apiKey";
const SECURITY: Readonly<Record<NonNullable<Operation["key"]>, Security>> = {
  admin: [{ [API_KEY]: [] }],
  // Without the key where PUBLIC_STATS is set.
  stats: [{ [API_KEY]: [] }, {}],
};

/** The contract of API.md as OpenAPI 3.1: made of `OPERATIONS`, which the service runs by, and of `REFERENCE`, which explains them. */
export function describeContract(version: string): OpenApi {
  const paths: Record<string, Partial<Record<Method, OperationObject>>> = {};
  const shared: Shared = {
    schemas: { Problem: { ...PROBLEM, description: "A refusal (RFC 9457)." }, ImportLine: explain(line) },
    responses: { "not-found": refusal(["not-found"]), "method-not-allowed": refusal(["method-not-allowed"]) },
  };
  for (const operationId of Object.keys(OPERATIONS) as OperationId[]) {
    const { path, alias, method }: Operation = OPERATIONS[operationId];
    const described = describe(operationId, shared);
    const verb = method.toLowerCase() as Method;
    paths[path] = { ...paths[path], [verb]: described };
    if (alias) {
      const summary = `${described.summary} (another path of the same)`;
      paths[alias] = { ...paths[alias], [verb]: { ...described, operationId: `${operationId}Alias`, summary } };
    }
  }
  for (const path of Object.keys(PAGES).map(templateOf)) {
    const page = PAGE_REFERENCE[path];
    if (!page) throw new Error(`${path} has no description; build/openapi/pages.ts has those of pages.`);
    paths[path] = { get: { tags: ["Pages"], ...page } };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Footfall", version, description: DESCRIPTION, license: { name: "MIT", identifier: "MIT" } },
    tags: TAGS,
    paths,
    components: {
      ...shared,
      headers: HEADERS,
      securitySchemes: { [API_KEY]: { type: "apiKey", in: "header", name: "X-API-Key" } },
    },
  };
}

function describe(operationId: OperationId, shared: Shared): OperationObject {
  const { key, query, body }: Operation = OPERATIONS[operationId];
  const { group, summary, description, answer, problems, idempotencyKey }: Reference = REFERENCE[operationId];
  const content = answer.type === null ? {} : { content: { [answer.type]: { schema: answer.schema ?? { type: "string" } } } };
  return {
    operationId,
    tags: [group],
    summary,
    ...(description ? { description } : {}),
    ...(key ? { security: SECURITY[key] } : {}),
    parameters: [...queryParameters(query), ...(idempotencyKey ? [idempotencyParameter(idempotencyKey === "required")] : [])],
    ...(body ? { requestBody: describeBody(operationId, body, shared) } : {}),
    responses: {
      [answer.status]: {
        description: answer.status === 204 ? "Done." : "Done, and this is the answer.",
        headers: headersOf(answer.status),
        ...content,
      },
      ...refusals([...COMMON_PROBLEMS, ...problems], shared),
    },
  };
}

function queryParameters(query: Operation["query"]): Parameter[] {
  return Object.entries(explainFields(query)).map(([name, { description, ...schema }]) => {
    return { name, in: "query", description, required: query.required.includes(name), schema };
  });
}

function idempotencyParameter(required: boolean): Parameter {
  const bare = id.pattern.replace(/^\^|\$$/g, "");
  return {
    name: "Idempotency-Key",
    in: "header",
    description: "Makes the request safe to send again; bare or as a quoted string.",
    required,
    schema: { type: "string", pattern: `^(?:${bare}|"${bare}")$` },
  };
}

function describeBody(
  operationId: string,
  { type, schema }: NonNullable<Operation["body"]>,
  { schemas }: Shared,
): NonNullable<OperationObject["requestBody"]> {
  if (type === "ndjson") {
    const lines = { type: "string", contentMediaType: "application/x-ndjson" };
    return { required: true, description: "Lines, each an ImportLine as JSON.", content: { "application/x-ndjson": { schema: lines } } };
  }
  schemas[operationId] = explain(schema);
  const object = { $ref: `#/components/schemas/${operationId}` };
  const asText = { type: "string", contentMediaType: "application/json", contentSchema: object };
  const content: Content = Object.fromEntries(JSON_TYPES.map((name) => [name, { schema: name === "application/json" ? object : asText }]));
  return { required: schema.required.length > 0, description: "One JSON object, whichever the type.", content };
}
