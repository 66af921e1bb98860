import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../build/process.ts";
import { nodeOnDatastore } from "../http/rows.ts";
import type { NodeServer } from "../support/artefacts.ts";
import { type Client, createClient, newSite, type Sent } from "../support/http.ts";
import { requires } from "../support/skip.ts";
import { KEY, type Listening, startGateway, startLossyProxy } from "./local.ts";

const SETTINGS = { SITES: "*", ADMIN_KEY: KEY };
const WITH_KEY = { headers: { "X-API-Key": KEY } };

/** Every administration route, on a page of a site. */
const administration = (site: string): Record<string, Sent> => ({
  "PUT /v1/visits": { body: { site, page: "/", visits: 0 } },
  "PUT /visits": { body: { site, page: "/", visits: 0 } },
  [`DELETE /v1/visits?site=${site}&page=/`]: {},
  [`DELETE /visits?site=${site}&page=/`]: {},
  [`POST /v1/import?site=${site}`]: { headers: { "Idempotency-Key": randomUUID() }, body: '{"page":"/","visits":5}' },
  [`GET /v1/export?site=${site}`]: {},
  [`HEAD /v1/export?site=${site}`]: {},
});

requires("emulator")("the gateway in front of the Node server on Datastore", () => {
  let server: NodeServer;
  let gateway: Listening;
  let through: Client;
  let around: Client;
  let restart: (env: Record<string, string>) => Promise<NodeServer>;
  const port = freePort();

  beforeAll(async () => {
    const place = await nodeOnDatastore.place();
    restart = place.start;
    server = await restart({ ...SETTINGS, PORT: String(await port) });
    gateway = await startGateway({ backend: server.url });
    through = createClient(gateway.url);
    around = createClient(server.url);
  });

  afterAll(async () => {
    through?.close();
    around?.close();
    await gateway?.stop();
    await server?.stop();
  });

  const count = (site: string, body: object) => through.send("POST /v1/visits", { body: { site, ...body } });
  const totals = async (site: string) => (await through.send(`GET /v1/visits?site=${site}&page=/&page=/a`)).json();

  test("passes every operation on", async () => {
    const site = newSite();
    expect((await count(site, { page: "/a" })).json()).toMatchObject({ site, page: "/a", visits: 1, siteVisits: 1, counted: true });
    expect((await through.send(`POST /visits`, { body: { site, page: "/a" } })).json()).toMatchObject({ visits: 2 });
    expect((await through.send(`GET /v1/pixel?site=${site}&page=/a`)).headers["content-type"]).toBe("image/gif");
    expect((await through.send(`GET /v1/badge?site=${site}&page=/a`)).text).toContain(">3</text>");
    expect((await through.send("GET /v1/health")).json()).toMatchObject({ status: "ok", store: "datastore" });
    expect((await through.send("GET /v1/sites")).status).toBe(401);
    expect((await through.send("GET /v1/sites", WITH_KEY)).status).toBe(200);
    const set = await through.send("PUT /v1/visits", { ...WITH_KEY, body: { site, page: "/", visits: 7 } });
    expect(set.json()).toMatchObject({ site, page: "/", visits: 7, siteVisits: 10 });
    const lines = { headers: { ...WITH_KEY.headers, "Idempotency-Key": randomUUID() }, body: '{"page":"/a","visits":5}' };
    expect((await through.send(`POST /v1/import?site=${site}`, lines)).json()).toEqual({ lines: 1, visits: 5 });
    expect((await through.send(`DELETE /v1/visits?site=${site}&page=/`, WITH_KEY)).status).toBe(204);
    const exported = await through.send(`GET /v1/export?site=${site}`, WITH_KEY);
    expect(
      exported.text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { page: null, visits: 0 },
      { page: "/a", visits: 8 },
    ]);
  });

  test.each(["/v1/visits", "/visits", "/v1/import", "/v1/series", "/v1/health"])("answers a preflight of %s with CORS", async (path) => {
    const headers = { Origin: "https://example.com", "Access-Control-Request-Method": "POST" };
    const { status, headers: answered } = await through.send(`OPTIONS ${path}`, { headers });
    expect([status, answered["access-control-allow-origin"]]).toEqual([204, "https://example.com"]);
  });

  test.each<[string, Record<string, string>]>([
    ["without a key", {}],
    ["with a wrong key", { "X-API-Key": `${KEY}x` }],
    ["with an empty key", { "X-API-Key": "" }],
    ["with the key in Authorization", { Authorization: `Bearer ${KEY}` }],
    ["with the key in another header", { "X-Goog-Api-Key": KEY }],
    ["with X-Forwarded-Authorization forged", { "X-Forwarded-Authorization": `Bearer ${KEY}` }],
    [
      "with what the gateway adds forged",
      { "X-Endpoint-API-UserInfo": "e30", "X-Apigateway-Api-Userinfo": "e30", "X-Forwarded-For": "127.0.0.1" },
    ],
  ])("refuses administration %s, through the gateway and around it", async (_, headers) => {
    const site = newSite();
    await count(site, { page: "/" });
    const before = await totals(site);
    for (const [target, sent] of Object.entries(administration(site))) {
      const own = { ...sent, headers: { ...sent.headers, ...headers } };
      expect([target, (await through.send(target, own)).status]).toEqual([target, headers["X-API-Key"] ? 400 : 401]);
      expect([target, (await around.send(target, own)).status]).toEqual([target, 401]);
    }
    expect((await through.send(`DELETE /v1/visits?site=${site}&page=/&key=${KEY}`, { headers })).status).toBeGreaterThanOrEqual(400);
    expect(await totals(site)).toEqual(before);
  });

  test("refuses administration by a method override, through the gateway, and ignores one around it", async () => {
    const site = newSite();
    await count(site, { page: "/" });
    const before = await totals(site);
    for (const [target, sent] of Object.entries(administration(site))) {
      const [method = "", path = ""] = target.split(" ");
      const carrier = path.includes("visits") ? "GET" : "PATCH";
      const own = { ...sent, headers: { ...sent.headers, "X-HTTP-Method-Override": method } };
      expect([target, (await through.send(`${carrier} ${path}`, own)).status]).toEqual([target, 401]);
      // Read as GET, or refused as PATCH.
      expect([target, (await around.send(`${carrier} ${path}`, own)).status]).toEqual([target, carrier === "GET" ? 200 : 405]);
      // The other way round: a method without a key in the document, on the way to one with a key.
      const read = { ...sent, headers: { ...sent.headers, "X-HTTP-Method-Override": "OPTIONS" } };
      expect([target, (await through.send(target, read)).status]).toEqual([target, 204]);
    }
    expect(await totals(site)).toEqual(before);
  });

  test.each(["/v1/visits/", "//v1/visits", "/v1/%76isits", "/v1/./visits", "/V1/visits", "/v1/visits;x"])(
    "refuses administration by the path %s",
    async (path) => {
      const site = newSite();
      await count(site, { page: "/" });
      for (const client of [through, around]) {
        const { status } = await client.send(`DELETE ${path}?site=${site}&page=/`);
        expect([401, 404]).toContain(status);
      }
      expect(await totals(site)).toMatchObject({ siteVisits: 1 });
    },
  );

  test("counts a POST that it delivers twice once, where it has an id", async () => {
    const site = newSite();
    const lossy = await startLossyProxy(server.url, 1);
    const retrying = await startGateway({ backend: lossy.url });
    const client = createClient(retrying.url);
    try {
      const answer = await client.send("POST /v1/visits", { body: { site, page: "/a", id: randomUUID() } });
      expect(lossy.lost()).toBe(1);
      expect(answer.json()).toMatchObject({ site, page: "/a", visits: 1, siteVisits: 1, counted: false, reason: "duplicate" });
      expect(await totals(site)).toMatchObject({ siteVisits: 1 });
    } finally {
      client.close();
      await retrying.stop();
      await lossy.stop();
    }
  });

  test("loses and doubles nothing where the service is killed between two visits", async () => {
    const site = newSite();
    const first = { page: "/a", id: randomUUID() };
    const second = { page: "/a", id: randomUUID() };
    expect((await count(site, first)).json()).toMatchObject({ visits: 1, counted: true });
    await server.process.stop("SIGKILL");
    const refused = await count(site, second);
    expect(refused.json()).toMatchObject({ code: 503 });
    expect(refused.headers).not.toHaveProperty("access-control-allow-origin");
    server = await restart({ ...SETTINGS, PORT: String(await port) });
    expect((await count(site, second)).json()).toMatchObject({ visits: 2, counted: true });
    expect((await count(site, first)).json()).toMatchObject({ visits: 2, counted: false, reason: "duplicate" });
    expect(await totals(site)).toMatchObject({ siteVisits: 2 });
  });
});
