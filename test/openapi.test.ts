import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { operationsOf } from "../build/openapi/document.ts";
import { addressGateway, type GatewayDocument, UNDEPLOYED } from "../build/openapi/gateway.ts";
import { violations } from "../build/openapi/google.ts";
import { describeAll } from "../build/openapi/write.ts";
import { PROBLEMS } from "../src/http/problem.ts";
import { object } from "../src/routes/docs.ts";
import { startService } from "./api/service.ts";
import { createChecker } from "./openapi/checker.ts";

const { contract, gateway } = describeAll();

async function validate(document: object) {
  return await new Validator().validate(structuredClone(document) as Record<string, unknown>);
}

describe("the contract", () => {
  test("is OpenAPI 3.1", async () => {
    expect(await validate(contract)).toMatchObject({ valid: true });
  });

  test("has the routes that the service has, and no others", () => {
    const routes = startService()
      .app.routes.filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const described = operationsOf(contract.paths).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    const undescribed = routes.filter((route) => !described.includes(route));
    expect(undescribed, "a route without a description: add its …Docs() to ROUTE_DOCS in build/openapi/contract.ts").toEqual([]);
    expect(described.toSorted()).toEqual([...new Set(routes)].toSorted());
  });

  test("names every operation once", () => {
    const ids = operationsOf(contract.paths).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("has every kind of refusal", () => {
    const text = JSON.stringify(contract.components.schemas?.["Problem"]);
    for (const code of Object.keys(PROBLEMS)) expect(text).toContain(`"urn:footfall:${code}"`);
  });
});

describe("an answer that the contract does not have is told with the place to describe", () => {
  const content = { "application/json": { schema: object({ hello: { type: "string" } }) } };
  const hello = { operationId: "hello", summary: "Say hello", responses: { 200: { description: "Done.", content } } };
  const faultsOf = (status: number, json: object) => {
    const answered = { status, headers: { "content-type": "application/json" }, text: JSON.stringify(json), json: () => json };
    return createChecker(contract).faults(hello, answered);
  };

  test("its status", () => {
    expect(faultsOf(429, {})).toEqual(['status 429 is not described: add its code to "problems" of the route\'s …Docs()']);
  });

  test("its field", () => {
    expect(faultsOf(200, { hello: "you" })).toEqual([]);
    expect(faultsOf(200, { hello: "you", at: 1 })).toEqual([
      'the body does not fit: data must NOT have additional properties: describe the field "at" in "answer" of the route\'s …Docs()',
    ]);
  });
});

describe("the gateway's document", () => {
  test("is OpenAPI 3.0", async () => {
    expect(await validate(gateway)).toMatchObject({ valid: true });
  });

  test("has nothing that Google refuses", () => {
    expect(violations(gateway)).toEqual([]);
  });

  test("has the contract's operations, HEAD and a preflight for each path", () => {
    for (const [path, item] of Object.entries(contract.paths)) {
      const methods = [...Object.keys(item), ...(item.get ? ["head"] : []), "options"];
      expect(Object.keys(gateway.paths[path] ?? {}).toSorted()).toEqual(methods.toSorted());
    }
    expect(Object.keys(gateway.paths)).toEqual(Object.keys(contract.paths));
  });

  test("asks for the key on PUT, DELETE, import, export and client alone, and counts those by key", () => {
    const keyed = operationsOf(gateway.paths).filter(({ operation }) => operation.security?.length);
    const names = keyed.map(({ method, path }) => `${method} ${path}`);
    const visits = ["/v1/visits", "/visits"].flatMap((path) => [`put ${path}`, `delete ${path}`]);
    expect(names.toSorted()).toEqual(
      [
        ...visits,
        "delete /v1/sites",
        "post /v1/import",
        "get /v1/export",
        "head /v1/export",
        "get /v1/client",
        "head /v1/client",
      ].toSorted(),
    );
    expect(keyed.every(({ operation }) => operation["x-google-quota"])).toBe(true);
  });

  test("gets the service's address at deploy, everywhere", () => {
    const addressed = addressGateway(gateway, "https://footfall-abc-ew.a.run.app");
    expect(JSON.stringify(addressed)).not.toContain(UNDEPLOYED);
    expect(violations(addressed)).toEqual([]);
  });
});

/** A copy of the document with one thing in it changed; `undefined` takes it out. */
function withChange(path: readonly (string | number)[], value: unknown): GatewayDocument {
  const copy = JSON.parse(JSON.stringify(gateway));
  const last = path.at(-1) ?? "";
  const parent = path.slice(0, -1).reduce((part, key) => part[key], copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

const management = "x-google-api-management";
const backend = [management, "backends", "service"];

describe("the checks of what Google refuses", () => {
  test.each<[string, readonly (string | number)[], unknown, RegExp]>([
    ["another version", ["openapi"], "3.2.0", /openapi is 3\.2\.0/],
    ["OpenAPI 2.0's extension", ["x-google-allow"], "all", /x-google-allow/],
    ["two endpoints", ["servers"], [{ "x-google-endpoint": {} }, { "x-google-endpoint": {} }], /x-google-endpoint/],
    ["a reference to elsewhere", ["paths", "/visits", "get", "responses", "default"], { $ref: "other.json#/a" }, /other\.json/],
    ["a key that it does not look for", ["components", "securitySchemes", "apiKey", "name"], "X-Key", /header x-key/],
    ["no backend", [management, "backends"], {}, /no backend/],
    ["a backend without TLS", [...backend, "address"], "http://service.example", /no https origin/],
    ["a backend without ID token", [...backend, "jwtAudience"], undefined, /jwtAudience/],
    ["a deadline over an hour", [...backend, "deadline"], 3_601, /deadline/],
    ["one address for every path", [...backend, "pathTranslation"], "CONSTANT_ADDRESS", /one address/],
    ["an unknown protocol", [...backend, "protocol"], "grpc", /protocol/],
    ["an unknown backend", ["x-google-backend"], "other", /no backend other/],
    ["a limit of nothing", [management, "quota", "limits", "administration-limit", "metric"], "other", /no metric other/],
    ["a limit that is no number", [management, "quota", "limits", "administration-limit", "values"], "600", /values 600/],
    ["a cost without limit", ["paths", "/visits", "put", "x-google-quota", "metricCosts"], { other: 1 }, /no limit counts other/],
    ["a quota without key", ["paths", "/visits", "put", "security"], [], /nobody's/],
    ["a choice of keys", ["paths", "/visits", "put", "security"], [{ apiKey: [] }, {}], /alternatives/],
    ["an unknown scheme", ["paths", "/visits", "put", "security"], [{ other: [] }], /no security scheme other/],
    ["a key on a preflight", ["paths", "/visits", "options", "security"], [{ apiKey: [] }], /preflight bears no key/],
    ["a path without preflight", ["paths", "/visits", "options"], undefined, /options/],
    ["an operation without id", ["paths", "/visits", "get", "operationId"], undefined, /operationId/],
    ["an operation of another's id", ["paths", "/visits", "get", "operationId"], "readVisits", /is another's/],
    ["an operation without answers", ["paths", "/visits", "get", "responses"], {}, /needs responses/],
    ["a part of a segment", ["paths", "/assets/{file}.js"], { options: {} }, /whole segments/],
    ["two templates of one shape", ["paths", "/assets/{name}"], { options: {} }, /another template/],
    ["a part of the path that is not declared", ["paths", "/assets/{file}", "get", "parameters"], [], /\{file\} is not declared/],
  ])("see %s", (_, path, value, sentence) => {
    expect(violations(withChange(path, value)).join("\n")).toMatch(sentence);
  });
});
