import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import type { GatewayDocument } from "../../build/openapi/gateway.ts";
import { freePort } from "../../build/process.ts";
import { type Client, createClient } from "../support/http.ts";
import { KEY, type Listening, startBackend, startGateway, startLossyProxy, withLimits } from "./local.ts";

/** What arrived at the backend. */
interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const toStop: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of toStop.splice(0).reverse()) await one.stop();
});

/** A gateway in front of a backend that answers 200 and tells what arrived. */
async function setUp(options: { document?: GatewayDocument; now?: () => number; keys?: readonly string[]; losses?: number } = {}) {
  const arrived: Arrived[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks = await request.toArray();
    arrived.push({
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    });
    response.writeHead(200, { "Content-Type": "text/plain", "X-Own": "1", Connection: "X-Hop", "X-Hop": "1" }).end("from the backend");
  };
  const backend = await startBackend(answer);
  const between = options.losses ? await startLossyProxy(backend.url, options.losses) : backend;
  const gateway = await startGateway({ ...options, backend: between.url });
  toStop.push(backend, ...(between === backend ? [] : [between]), gateway);
  return { arrived, ...connected(gateway) };
}

function connected(gateway: Listening): { send: Client["send"] } {
  const client = createClient(gateway.url);
  toStop.push({ stop: async () => client.close() });
  return client;
}

describe("the local gateway", () => {
  test.each([
    ["GET /", "/"],
    ["GET /v1/visits?site=a&page=/x", "/v1/visits?site=a&page=/x"],
    ["POST /visits", "/visits"],
    ["POST /v1/visits/", "/v1/visits/"],
    ["HEAD /v1/health", "/v1/health"],
    ["OPTIONS /v1/import", "/v1/import"],
    ["GET /assets/dashboard-XYZ.js", "/assets/dashboard-XYZ.js"],
  ])("forwards %s with its path", async (target, url) => {
    const { send, arrived } = await setUp();
    expect((await send(target)).status).toBe(200);
    expect(arrived).toMatchObject([{ method: target.split(" ")[0], url }]);
  });

  test.each(["GET /v2/visits", "GET /assets/a/b", "GET /assets/", "GET /v1", "GET /V1/visits", "GET //v1/visits", "GET /v1/%76isits"])(
    "answers 404 of its own to %s",
    async (target) => {
      const { send, arrived } = await setUp();
      const { status, text, headers } = await send(target, { headers: { Origin: "https://example.com" } });
      expect([status, text]).toEqual([404, '{"code":404,"message":"The current request is not defined by this API."}']);
      expect(headers).toMatchObject({ "content-type": "application/json" });
      expect(headers).not.toHaveProperty("access-control-allow-origin");
      expect(arrived).toEqual([]);
    },
  );

  test.each(["PATCH /v1/visits", "POST /v1/health", "DELETE /"])("answers 405 of its own to %s", async (target) => {
    const { send, arrived } = await setUp();
    const { status, json } = await send(target);
    expect(status).toBe(405);
    expect(json()).toMatchObject({ code: 405, message: expect.stringContaining("but its http method is not allowed") });
    expect(arrived).toEqual([]);
  });

  test("asks for the key where the document does, and there alone", async () => {
    const { send, arrived } = await setUp();
    const missing = await send("PUT /v1/visits");
    expect(missing.json()).toMatchObject({ code: 401, message: expect.stringContaining("unregistered callers") });
    const wrong = await send("PUT /v1/visits", { headers: { "X-API-Key": "other" } });
    expect(wrong.json()).toEqual({ code: 400, message: "INVALID_ARGUMENT:API key not valid. Please pass a valid API key." });
    expect((await send(`PUT /v1/visits?key=${KEY}`)).status).toBe(401);
    expect(arrived).toEqual([]);
    expect((await send("PUT /v1/visits", { headers: { "X-API-Key": KEY } })).status).toBe(200);
    expect((await send("GET /v1/pages", { headers: { "X-API-Key": "other" } })).status).toBe(200);
    expect(arrived.map(({ headers }) => headers["x-api-key"])).toEqual([KEY, "other"]);
  });

  test("reads the key from the query where the document says so", async () => {
    const document = withLimits(1, 10);
    const components = { securitySchemes: { apiKey: { type: "apiKey", in: "query", name: "key" } } } as const;
    const { send } = await setUp({ document: { ...document, components } });
    expect((await send("PUT /v1/visits", { headers: { "X-API-Key": KEY } })).status).toBe(401);
    expect((await send(`PUT /v1/visits?key=${KEY}`)).status).toBe(200);
  });

  test("counts requests by key and minute", async () => {
    let time = 0;
    const { send } = await setUp({ document: withLimits(1, 2), keys: ["a", "b"], now: () => time });
    const put = async (key: string) => (await send("PUT /v1/visits", { headers: { "X-API-Key": key } })).status;
    expect([await put("a"), await put("a"), await put("a"), await put("b")]).toEqual([200, 200, 429, 200]);
    time = 60_000;
    expect(await put("a")).toBe(200);
  });

  test("replaces Authorization with an ID token, and moves the client's", async () => {
    const { send, arrived } = await setUp();
    const own = { Authorization: "Bearer client", "X-Forwarded-Authorization": "Bearer forged" };
    await send("GET /v1/health", { headers: own });
    await send("GET /v1/health", { headers: { "X-Forwarded-Authorization": "Bearer forged" } });
    const [both, forged] = arrived.map(({ headers }) => headers);
    const token = both?.authorization?.split(".")[1] ?? "";
    expect(JSON.parse(Buffer.from(token, "base64url").toString())).toMatchObject({ aud: "https://service.invalid" });
    expect(both?.["x-forwarded-authorization"]).toBe("Bearer client");
    expect(forged?.["x-forwarded-authorization"]).toBe("Bearer forged");
    expect(forged?.authorization).toBe(both?.authorization);
  });

  test("removes the headers of one connection, both ways", async () => {
    const { send, arrived } = await setUp();
    const own = { Connection: "close, X-Mine", "X-Mine": "1", TE: "trailers", "Proxy-Authorization": "Basic a", "X-Kept": "1" };
    const { headers } = await send("GET /v1/health", { headers: own });
    expect(arrived[0]?.headers).toMatchObject({ "x-kept": "1", "x-forwarded-for": expect.stringContaining("127.0.0.1") });
    for (const name of ["x-mine", "te", "proxy-authorization"]) expect(arrived[0]?.headers).not.toHaveProperty(name);
    expect(headers).toMatchObject({ "x-own": "1" });
    expect(headers).not.toHaveProperty("x-hop");
  });

  test("honours X-HTTP-Method-Override before it looks for the route", async () => {
    const { send, arrived } = await setUp();
    expect((await send("POST /v1/visits", { headers: { "X-HTTP-Method-Override": "DELETE" } })).status).toBe(401);
    for (const method of ["PATCH", "constructor"]) {
      expect((await send("POST /v1/visits", { headers: { "X-HTTP-Method-Override": method } })).status, method).toBe(405);
    }
    expect((await send("DELETE /v1/visits", { headers: { "X-HTTP-Method-Override": "GET" } })).status).toBe(200);
    expect(arrived.map(({ method, headers }) => [method, headers["x-http-method-override"]])).toEqual([["GET", undefined]]);
  });

  test("sends a POST again where its answer is lost, so that it arrives twice", async () => {
    const { send, arrived } = await setUp({ losses: 1 });
    const { status, text } = await send("POST /v1/visits", { body: ["{", '"page":"/"}'] });
    expect([status, text]).toEqual([200, "from the backend"]);
    expect(arrived.map(({ method, body }) => [method, body])).toEqual(Array(2).fill(["POST", '{"page":"/"}']));
  });

  test("answers 503 of its own where the retry is lost as well", async () => {
    const { send, arrived } = await setUp({ losses: 2 });
    const { json } = await send("POST /v1/visits");
    expect(json()).toMatchObject({ code: 503, message: expect.stringContaining("reset reason: connection termination") });
    expect(arrived).toHaveLength(2);
  });

  test("answers 503 of its own where nothing listens", async () => {
    const gateway = await startGateway({ backend: `http://127.0.0.1:${await freePort()}` });
    toStop.push(gateway);
    const { json } = await connected(gateway).send("GET /v1/health");
    expect(json()).toMatchObject({ code: 503, message: expect.stringContaining("connection failure") });
  });

  test("answers 504 of its own after the document's deadline", async () => {
    const backend = await startBackend(() => {});
    const gateway = await startGateway({ backend: backend.url, document: withLimits(0.2, 1) });
    toStop.push(backend, gateway);
    const { json } = await connected(gateway).send("POST /v1/visits");
    expect(json()).toEqual({ code: 504, message: "upstream request timeout" });
  });

  test("streams an answer, and breaks it off where the backend does", async () => {
    let end = () => {};
    const backend = await startBackend((_, response) => {
      response.write("first,");
      end = () => response.destroy();
    });
    const gateway = await startGateway({ backend: backend.url });
    toStop.push(backend, gateway);
    const response = await fetch(`${gateway.url}/v1/visits`);
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("first,");
    end();
    await expect(reader?.read()).rejects.toThrow();
  });

  test("streams a body that is too long to be kept", async () => {
    const { send, arrived } = await setUp();
    const body = "x".repeat(3_000_000);
    expect((await send("POST /v1/import", { headers: { "X-API-Key": KEY }, body })).status).toBe(200);
    expect(arrived[0]?.body).toHaveLength(body.length);
  });
});
