import { JSON_TYPES } from "../../src/http/body.ts";
import { PROBLEMS } from "../../src/http/problem.ts";
import { assetsDocs } from "../../src/routes/assets.ts";
import { clientDocs } from "../../src/routes/client.ts";
import { COMMON_PROBLEMS, object, type RouteDoc, type RouteDocs } from "../../src/routes/docs.ts";
import { healthDocs } from "../../src/routes/health.ts";
import { imagesDocs } from "../../src/routes/images.ts";
import { listsDocs } from "../../src/routes/lists.ts";
import { transferDocs } from "../../src/routes/transfer.ts";
import { visitsDocs } from "../../src/routes/visits.ts";
import { HEADERS, headersOf, refusals, type Shared } from "./answers.ts";
import type { Content, Method, OpenApi, OperationObject, Parameter, Security } from "./document.ts";
import { describeSchema } from "./schemas.ts";

/** Every route's description, by method and path. */
export const ROUTE_DOCS: RouteDocs = {
  ...visitsDocs(),
  ...imagesDocs(),
  ...listsDocs(),
  ...transferDocs(),
  ...clientDocs(),
  ...healthDocs(),
  ...assetsDocs(),
};

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
const API_KEY = "apiKey";
const SECURITY: Readonly<Record<NonNullable<RouteDoc["key"]>, Security>> = {
  admin: [{ [API_KEY]: [] }],
  // Without the key where PUBLIC_STATS is set.
  stats: [{ [API_KEY]: [] }, {}],
};

/** What every error is: RFC 9457. */
const PROBLEM = object({
  type: { enum: Object.keys(PROBLEMS).map((code) => `urn:footfall:${code}`) },
  title: { type: "string", description: "The kind of refusal, in words." },
  status: { type: "integer" },
  detail: { type: "string", description: "Which field, what it was and what is allowed." },
});

/** The contract as OpenAPI 3.1, made of what the routes say of themselves. */
export function describeContract(version: string, docs: RouteDocs = ROUTE_DOCS): OpenApi {
  const paths: Record<string, Partial<Record<Method, OperationObject>>> = {};
  const shared: Shared = {
    schemas: { Problem: { ...PROBLEM, description: "A refusal (RFC 9457)." } },
    responses: {},
  };
  for (const [route, doc] of Object.entries(docs)) {
    const [verb = "", path = ""] = route.split(" ");
    const method = verb.toLowerCase() as Method;
    const operation = describeRoute(route, doc, shared);
    const template = templateOf(path);
    paths[template] = { ...paths[template], [method]: operation };
    if (doc.alias) {
      const summary = `${doc.summary} (another path of the same)`;
      paths[doc.alias] = { ...paths[doc.alias], [method]: { ...operation, operationId: `${doc.operationId}Alias`, summary } };
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Footfall",
      version,
      description: DESCRIPTION,
      contact: { name: "Footfall" },
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "The service that this document comes from." }],
    security: [],
    tags: TAGS,
    paths,
    components: {
      ...shared,
      headers: HEADERS,
      securitySchemes: { [API_KEY]: { type: "apiKey", in: "header", name: "X-API-Key" } },
    },
  };
}

/** A part of a path that varies, as Hono writes it; with `{.+}` behind it, it is the path's whole end. */
const VARIABLE = /:(\w+)(\{\.\+\})?/g;

/** A path of the service as OpenAPI writes it. */
function templateOf(path: string): string {
  return path.replace(VARIABLE, "{$1}");
}

function describeRoute(route: string, doc: RouteDoc, shared: Shared): OperationObject {
  const { operationId, group, summary, description, key, query, answer, problems, idempotencyKey, linked } = doc;
  const status = answer === null ? 204 : 200;
  const inPath = [...route.matchAll(VARIABLE)].map(([, name = "", rest]) => pathParameter(name, rest !== undefined));
  const inQuery = query ? queryParameters(describeSchema(query, doc.fields, route)) : [];
  const requestBody = describeBody(route, doc, shared);
  return {
    operationId,
    tags: [group],
    summary,
    description: description ?? `${summary}.`,
    ...(key ? { security: SECURITY[key] } : {}),
    parameters: [...inPath, ...inQuery, ...(idempotencyKey ? [idempotencyParameter(idempotencyKey === "required")] : [])],
    ...(requestBody ? { requestBody } : {}),
    responses: {
      [status]: {
        description: status === 204 ? "Done." : "Done, and this is the answer.",
        headers: headersOf(status, linked ? ["Link"] : []),
        ...contentOf(answer),
      },
      ...(group === "Pages" ? { 304: { description: "The client has it." } } : {}),
      ...refusals([...(group === "Pages" ? [] : COMMON_PROBLEMS), ...problems], shared),
    },
  };
}

function contentOf(answer: RouteDoc["answer"]): { content?: Content } {
  if (answer === null) return {};
  if (typeof answer === "object") return { content: { "application/json": { schema: answer } } };
  return { content: { [answer]: { schema: { type: answer === "application/json" ? "object" : "string" } } } };
}

function pathParameter(name: string, isRest: boolean): Parameter {
  return {
    ...{ name, in: "path", required: true, schema: { type: "string" } },
    description: isRest ? "The end of the path." : "A part of the path.",
    ...(isRest ? { "x-google-parameter": { pattern: "**" } } : {}),
  };
}

function queryParameters({ properties, required }: ReturnType<typeof describeSchema>): Parameter[] {
  return Object.entries(properties).map(([name, { description, ...schema }]) => {
    return { name, in: "query", description, required: required.includes(name), schema };
  });
}

function idempotencyParameter(required: boolean): Parameter {
  const bare = "[A-Za-z0-9_-]{8,128}";
  return {
    name: "Idempotency-Key",
    in: "header",
    description: "Makes the request safe to send again; bare or as a quoted string.",
    required,
    schema: { type: "string", pattern: `^(?:${bare}|"${bare}")$` },
  };
}

function describeBody(route: string, { operationId, body, fields }: RouteDoc, { schemas }: Shared): OperationObject["requestBody"] {
  if (!body) return undefined;
  const schema = describeSchema(body.schema, fields, route);
  if (body.lines) {
    const lines = { type: "string", contentMediaType: "application/x-ndjson", contentSchema: schema };
    return { required: true, description: "Lines, each an object as JSON.", content: { "application/x-ndjson": { schema: lines } } };
  }
  schemas[operationId] = schema;
  const object = { $ref: `#/components/schemas/${operationId}` };
  const asText = { type: "string", contentMediaType: "application/json", contentSchema: object };
  const content: Content = Object.fromEntries(JSON_TYPES.map((name) => [name, { schema: name === "application/json" ? object : asText }]));
  return { required: schema.required.length > 0, description: "One JSON object, whichever the type.", content };
}
