import { PAGES } from "../../src/api/assets.ts";
import { JSON_TYPES } from "../../src/api/body.ts";
import { id, line } from "../../src/api/fields.ts";
import { OPERATIONS, type Operation, type OperationId } from "../../src/api/operations.ts";
import { PROBLEMS, type ProblemCode } from "../../src/api/problem.ts";
import { COMMON_PROBLEMS, type JsonSchema, PROBLEM, REFERENCE, type Reference } from "../../src/api/reference.ts";
import type { Answer, Content, Header, Method, OpenApi, OperationObject, Parameter, Ref, Security } from "./document.ts";
import { explain, explainFields } from "./fields.ts";
import { PAGE_REFERENCE, templateOf } from "./pages.ts";

const DESCRIPTION = `Counts visits: each exactly once, and the answer has the new totals.

Every error is RFC 9457 \`application/problem+json\` with a \`type\` of this list; an unknown path is a 404, another method a 405 with \`Allow\`.
Each path answers preflights (\`OPTIONS\`, 204), and \`HEAD\` where it has \`GET\`, which never counts. Behind Google's API Gateway
the gateway's own refusals are \`{"code","message"}\`, without CORS headers: a script in a page of another origin cannot read them.`;

const TAGS = [
  { name: "Count", description: "Count visits." },
  { name: "Read", description: "Read without counting." },
  { name: "Administer", description: "With the API key; exact while visits are counted." },
  { name: "Pages", description: "Pages and scripts." },
];

/** Headers of answers. Those that are required are on every answer of the API. */
const HEADERS = {
  "X-Request-Id": header("A valid one of the request, or its trace's id, or a new one.", true, { pattern: "^[A-Za-z0-9._-]{1,128}$" }),
  "Access-Control-Allow-Origin": header("The allowed origin, or * for everyone.", false, {}),
  "Access-Control-Expose-Headers": header("What a script may read.", true, { const: "Retry-After, X-Request-Id" }),
  Vary: header("", true, { pattern: "\\bOrigin\\b" }),
  "Cache-Control": header("How long the answer may be kept.", true, {}),
  "X-Content-Type-Options": header("", true, { const: "nosniff" }),
  "Retry-After": header("After how many seconds to send the same request again.", true, { pattern: "^[1-9][0-9]*$" }),
  "WWW-Authenticate": header("How to send the key.", true, {}),
  Allow: header("The methods that the path knows.", true, {}),
} satisfies Record<string, Header>;

type HeaderName = keyof typeof HEADERS;
const EVERYWHERE: readonly HeaderName[] = [
  "X-Request-Id",
  "Access-Control-Allow-Origin",
  "Access-Control-Expose-Headers",
  "Vary",
  "Cache-Control",
  "X-Content-Type-Options",
];
const OF_STATUS: Readonly<Record<number, HeaderName>> = { 401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After" };

/** The name of the one security scheme. */
export const API_KEY = "apiKey";
const SECURITY: Readonly<Record<NonNullable<Operation["key"]>, Security>> = {
  admin: [{ [API_KEY]: [] }],
  // Without the key where PUBLIC_STATS is set.
  stats: [{ [API_KEY]: [] }, {}],
};

/** What several operations have in common; each adds what it is the first to need. */
interface Shared {
  readonly schemas: Record<string, JsonSchema>;
  readonly responses: Record<string, Answer>;
}

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

/** An answer for every status of the problems. */
function refusals(codes: readonly ProblemCode[], { responses }: Shared): Record<string, Ref> {
  const byStatus = Object.groupBy(codes, (code) => PROBLEMS[code][0]);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, own = []]) => {
      const name = own.join(".");
      responses[name] ??= refusal(own);
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

/** The refusals of one status. */
function refusal(codes: readonly ProblemCode[]): Answer {
  const [status] = codes.map((code) => PROBLEMS[code][0]);
  const schema: JsonSchema = {
    allOf: [{ $ref: "#/components/schemas/Problem" }],
    properties: { type: { enum: codes.map((code) => `urn:footfall:${code}`) }, status: { const: status } },
  };
  return {
    description: codes.map((code) => `${PROBLEMS[code][1]}.`).join(" "),
    headers: headersOf(status),
    content: { "application/problem+json": { schema } },
  };
}

function headersOf(status = 0): Record<string, Ref> {
  const own = OF_STATUS[status];
  return Object.fromEntries((own ? [...EVERYWHERE, own] : EVERYWHERE).map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function header(description: string, required: boolean, schema: JsonSchema): Header {
  return { description, required, schema: { type: "string", ...schema } };
}
