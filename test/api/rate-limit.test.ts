import { describe, expect, test } from "vitest";
import { operationsOf } from "../../build/openapi/document.ts";
import { describeAll } from "../../build/openapi/write.ts";
import { ADMIN, GOOGLEBOT, startService } from "./service.ts";

const HEADER = "X-Real-IP";
const LIMITED = { CLIENT_IP_HEADER: HEADER, VISITS_PER_MINUTE: "3" };
const from = (address: string) => ({ headers: { [HEADER]: address } });

describe("the limit of visits per minute", () => {
  test("refuses with 429, says when to come again, and counts nothing", async () => {
    const { send, clock, store } = startService(LIMITED);
    for (let times = 0; times < 3; times += 1) expect((await send("POST /visits", from("203.0.113.9"))).status).toBe(200);
    const refused = await send("POST /visits", from("203.0.113.9"));
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("20");
    expect(refused.headers.get("access-control-allow-origin")).toBe("*");
    expect(refused.json).toEqual({
      type: "urn:footfall:too-many-requests",
      title: "Too many requests",
      status: 429,
      detail: "Too many visits come from this address; allowed are 3 a minute.",
    });
    expect(store.writes.length).toBe(3);
    clock.time += 20_000;
    expect((await send("POST /visits", from("203.0.113.9"))).json).toMatchObject({ visits: 4, counted: true });
    expect((await send("POST /visits", from("203.0.113.9"))).status).toBe(429);
  });

  test("is one for all that counts, and leaves others alone", async () => {
    const { send } = startService(LIMITED);
    const counting = ["POST /visits", "GET /v1/pixel", "GET /v1/badge?count=true"];
    for (const target of counting) expect((await send(target, from("2001:db8::1"))).status).toBe(200);
    for (const target of counting) expect((await send(target, from("2001:db8::2"))).status, target).toBe(429);
    for (const target of counting) expect((await send(target, from("2001:db8:0:1::1"))).status).toBe(200);
  });

  test("is for counting alone: reads, HEAD and administration go on", async () => {
    const { send } = startService(LIMITED);
    for (let times = 0; times < 3; times += 1) expect((await send("POST /visits", from("203.0.113.9"))).status).toBe(200);
    const free = ["GET /visits", "GET /v1/badge", "HEAD /v1/pixel", "HEAD /v1/badge?count=true", "GET /v1/pages", "GET /v1/export"];
    for (const target of free) {
      for (let times = 0; times < 3; times += 1) {
        expect((await send(target, { headers: { ...ADMIN, [HEADER]: "203.0.113.9" } })).status, target).toBe(200);
      }
    }
  });

  test("counts what is not counted as well: crawlers and repeated ids cost it too", async () => {
    const { send } = startService({ ...LIMITED, VISITS_PER_MINUTE: "2" });
    const id = { id: "visit-1234" };
    expect((await send("POST /visits", { ...from("203.0.113.9"), body: id })).status).toBe(200);
    const bot = { headers: { [HEADER]: "203.0.113.9", "User-Agent": GOOGLEBOT } };
    expect((await send("GET /v1/pixel", bot)).status).toBe(200);
    expect((await send("POST /visits", { ...from("203.0.113.9"), body: id })).status).toBe(429);
  });

  test.each([
    ["without a known address", {}],
    ["with a header that holds none", { [HEADER]: "unknown" }],
    ["with an address in another header", { "X-Forwarded-For": "203.0.113.9", "CF-Connecting-IP": "203.0.113.9" }],
  ])("there is none %s", async (_, headers: Record<string, string>) => {
    const { send } = startService({ ...LIMITED, VISITS_PER_MINUTE: "1" });
    for (let times = 0; times < 3; times += 1) expect((await send("POST /visits", { headers })).status).toBe(200);
  });

  test("no setting, no header is trusted", async () => {
    const { send } = startService({ VISITS_PER_MINUTE: "1" });
    const headers = { "X-Forwarded-For": "203.0.113.9", "CF-Connecting-IP": "203.0.113.9", "X-Real-IP": "203.0.113.9" };
    for (let times = 0; times < 3; times += 1) expect((await send("POST /visits", { headers })).status).toBe(200);
  });
});

describe("reads", () => {
  const pages = (count: number) => Array.from({ length: count }, (_, index) => `page=/${index}`).join("&");
  const from = (address: string) => ({ headers: { "X-Client": address } });

  test("of an address are limited by the pages that they name, and come back with time", async () => {
    const { send, clock } = startService({ CLIENT_IP_HEADER: "X-Client", VISITS_PER_MINUTE: "10" });
    const read = (address: string, count: number) => send(`GET /v1/visits?${pages(count)}`, from(address));
    // 25 pages for each visit: 250, and each read is one more for the site.
    expect((await read("192.0.2.1", 99)).status).toBe(200);
    expect((await read("192.0.2.1", 99)).status).toBe(200);
    const refused = await read("192.0.2.1", 99);
    expect(refused).toMatchObject({ status: 429, json: { type: "urn:footfall:too-many-requests" } });
    expect(refused.json.detail).toBe("Too many pages are read from this address; allowed are 250 a minute.");
    expect(refused.headers.get("retry-after")).toBe("12");
    expect(refused.headers.get("access-control-allow-origin")).toBe("*");
    expect((await read("192.0.2.2", 99)).status).toBe(200);
    clock.time += 12_000;
    expect((await read("192.0.2.1", 99)).status).toBe(200);
    expect((await send("POST /v1/visits", from("192.0.2.1"))).status).toBe(200);
  });

  test("cost the same however their pages are written in the address", async () => {
    const { send } = startService({ CLIENT_IP_HEADER: "X-Client", VISITS_PER_MINUTE: "10" });
    const target = `GET /v1/visits?${pages(99).replaceAll("page=", "p%61ge=")}`;
    const statuses = [];
    for (let times = 0; times < 3; times += 1) statuses.push((await send(target, from("192.0.2.1"))).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  const ofSites = operationsOf(describeAll().contract.paths)
    .filter(({ method, operation }) => method === "get" && operation.parameters?.some(({ name }) => name === "site"))
    .map(({ path }) => `GET ${path.replaceAll(/\{\w+\}/g, "a")}?site=example.com&page=/`);

  test.each([...ofSites, "GET /v1/sites", "HEAD /visits"])("by %s are limited as well", async (target) => {
    const { send } = startService({ CLIENT_IP_HEADER: "X-Client", VISITS_PER_MINUTE: "1" });
    const statuses: number[] = [];
    for (let index = 0; index < 30; index += 1) statuses.push((await send(target, from("192.0.2.1"))).status);
    expect(statuses.at(-1), "a route that reads the store calls limitReads(c, 1 + pages) first").toBe(429);
  });

  test.each([
    ["a prefetch", { "Sec-Purpose": "prefetch" }],
    ["a crawler", { Origin: "https://example.com", "User-Agent": GOOGLEBOT }],
  ])("of %s, whose visit does not count, have the limit of all reads", async (_, headers) => {
    const { send } = startService({ VISITS_PER_MINUTE: "0" });
    for (let index = 0; index < 1_188; index += 1) await send(`GET /v1/visits?${pages(100)}`);
    let answer = await send("POST /v1/visits", { headers });
    expect(answer.json).toMatchObject({ counted: false, reason: "bot" });
    for (let index = 0; index < 10 && answer.status === 200; index += 1) answer = await send("POST /v1/visits", { headers });
    expect(answer).toMatchObject({ status: 503, json: { type: "urn:footfall:overloaded" } });
    expect((await send("POST /v1/visits")).json).toMatchObject({ counted: true });
  });

  test("by the protocol of another counter cost what they read", async () => {
    const { send } = startService({ CLIENT_IP_HEADER: "X-Client", VISITS_PER_MINUTE: "2", TAKEOVER: "leancloud" });
    const urls = Array.from({ length: 24 }, (_, index) => `/${index}`);
    const where = encodeURIComponent(JSON.stringify({ url: { $in: urls } }));
    const statuses = [];
    for (let times = 0; times < 3; times += 1)
      statuses.push((await send(`GET /1.1/classes/Counter?where=${where}`, from("192.0.2.1"))).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  test("have a limit in all, whoever sends them", async () => {
    const { send } = startService({ VISITS_PER_MINUTE: "0" });
    let answer = await send(`GET /v1/visits?${pages(100)}`);
    for (let index = 0; index < 1_300 && answer.status === 200; index += 1) answer = await send(`GET /v1/visits?${pages(100)}`);
    expect(answer).toMatchObject({ status: 503, json: { type: "urn:footfall:overloaded" } });
    expect((await send("GET /v1/health")).status).toBe(200);
    expect((await send("POST /v1/visits")).status).toBe(200);
  });
});
