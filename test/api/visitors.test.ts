import { describe, expect, test } from "vitest";
import { ADMIN, CHROME, GOOGLEBOT, SOCKET_ADDRESS, startService } from "./service.ts";

const HEADER = "X-Forwarded-For";
const DAILY = { CLIENT_IP_HEADER: HEADER, VISITS_PER_MINUTE: "0" };
const from = (address: string, more: Record<string, string> = {}) => ({ [HEADER]: address, "User-Agent": CHROME, ...more });
const CAMO = "github-camo (876de43e)";

function start(env = {}) {
  const service = startService({ ...DAILY, ...env });
  const count = async (headers: Record<string, string>, page = "/a") =>
    (await service.send("POST /visits", { headers, body: { page } })).json;
  return { ...service, count };
}

describe("visitors", () => {
  test("are told apart by address and User-Agent, within a day", async () => {
    const { count, clock } = start();
    expect(await count(from("192.0.2.1"))).toEqual({
      ...{ site: "example.com", page: "/a", visits: 1, siteVisits: 1, visitsToday: 1, siteVisitsToday: 1 },
      ...{ visitors: 1, siteVisitors: 1, visitorsToday: 1, siteVisitorsToday: 1, counted: true },
    });
    expect(await count(from("192.0.2.1"))).toMatchObject({ visits: 2, visitors: 1 });
    expect(await count(from("192.0.2.2"))).toMatchObject({ visitors: 2, siteVisitors: 2 });
    expect(await count(from("192.0.2.1", { "User-Agent": "other" }))).toMatchObject({ visitors: 3 });
    expect(await count(from("192.0.2.1"), "/b")).toMatchObject({ visitors: 1, siteVisitors: 3 });
    // One /64 is one customer's.
    await count(from("2001:db8::1"));
    expect(await count(from("2001:db8::2"))).toMatchObject({ visits: 6, visitors: 4 });
    clock.time += 24 * 3_600_000;
    expect(await count(from("192.0.2.1"))).toMatchObject({
      visits: 7,
      visitors: 5,
      visitorsToday: 1,
      siteVisitorsToday: 1,
      visitsToday: 1,
    });
  });

  test("are not those who ask for privacy, have no known address, or are a proxy of images: these are visits", async () => {
    const { count, send } = start();
    const visits = [
      from("192.0.2.1", { "Sec-GPC": "1" }),
      from("192.0.2.1", { DNT: "1" }),
      from("unknown"),
      { "User-Agent": CHROME },
      from("192.0.2.1", { "User-Agent": CAMO }),
    ];
    for (const [index, headers] of visits.entries()) {
      expect(await count(headers)).toMatchObject({ visits: index + 1, visitors: 0, visitorsToday: 0, siteVisitors: 0, counted: true });
    }
    expect(await count(from("192.0.2.1", { "Sec-GPC": "0", DNT: "0" }))).toMatchObject({ visitors: 1 });
    const badge = await send("GET /v1/badge?page=/a&count=true&show=both", { headers: from("192.0.2.9", { "User-Agent": CAMO }) });
    expect(badge.text).toContain("7 / 7");
    expect(badge.headers.get("cache-control")).toBe("no-cache, no-store");
    expect((await send("GET /v1/badge?page=/a&show=visitors")).text).toContain("visitors: 1<");
    expect((await send("GET /v1/pixel?page=/a", { headers: from("192.0.2.9", { "User-Agent": GOOGLEBOT }) })).status).toBe(200);
    expect((await send("GET /v1/visits?page=/a")).json.pages).toEqual([
      { page: "/a", visits: 7, visitsToday: 7, visitors: 1, visitorsToday: 1 },
    ]);
  });

  test("of a list of addresses the one before the proxies' counts, and none is guessed", async () => {
    const { count } = start({ CLIENT_IP_HOPS: "1" });
    expect(await count(from("198.51.100.1, 192.0.2.1, 203.0.113.1"))).toMatchObject({ visitors: 1 });
    expect(await count(from("198.51.100.2, 192.0.2.1, 203.0.113.2"))).toMatchObject({ visitors: 1 });
    expect(await count(from("192.0.2.1"))).toMatchObject({ visits: 3, visitors: 1 });
    expect(await count(from("192.0.2.2, 203.0.113.2"))).toMatchObject({ visits: 4, visitors: 2 });
  });

  test("may be told apart by the connection", async () => {
    const { count } = start({ CLIENT_IP_HEADER: "socket" });
    expect(await count(from("192.0.2.1"))).toMatchObject({ visitors: 1 });
    expect(await count(from("192.0.2.2"))).toMatchObject({ visits: 2, visitors: 1 });
  });

  test("are in every read, beside the visits", async () => {
    const { count, send } = start();
    for (const address of ["192.0.2.1", "192.0.2.2", "192.0.2.2"]) await count(from(address));
    await count(from("192.0.2.1"), "/b");
    const read = async (path: string) => (await send(`GET ${path}`)).json;
    expect(await read("/v1/visits?page=/b&page=/none")).toEqual({
      ...{ site: "example.com", siteVisits: 4, siteVisitsToday: 4, siteVisitors: 2, siteVisitorsToday: 2 },
      pages: [
        { page: "/b", visits: 1, visitsToday: 1, visitors: 1, visitorsToday: 1 },
        { page: "/none", visits: 0, visitsToday: 0, visitors: 0, visitorsToday: 0 },
      ],
    });
    expect(await read("/v1/sites")).toEqual({
      ...{ timeZone: "UTC", visitors: "daily" },
      sites: [{ site: "example.com", visits: 4, visitors: 2 }],
    });
    expect((await read("/v1/pages?from=2026-11-22")).pages).toEqual([
      { page: "/a", visits: 3, visitors: 2, periodVisits: 3, periodVisitors: 2, points: [{ date: "2026-11-22", visits: 3 }] },
      { page: "/b", visits: 1, visitors: 1, periodVisits: 1, periodVisitors: 1, points: [{ date: "2026-11-22", visits: 1 }] },
    ]);
    expect((await read("/v1/series?from=2026-11-21&to=2026-11-22")).points).toEqual([
      { date: "2026-11-21", visits: 0, visitors: 0 },
      { date: "2026-11-22", visits: 4, visitors: 2 },
    ]);
  });

  test("are set, imported and exported as visits are", async () => {
    const [from1, into] = [start(), start()];
    for (const address of ["192.0.2.1", "192.0.2.2"]) await from1.count(from(address));
    const put = (body: object) => from1.send("PUT /v1/visits", { headers: ADMIN, body });
    expect((await put({ page: "/a", visits: 10, visitors: 5 })).json).toMatchObject({
      visits: 10,
      visitors: 5,
      visitorsToday: 2,
      siteVisitors: 5,
    });
    expect((await put({ visitors: 7 })).json).toMatchObject({ siteVisits: 10, siteVisitors: 7, unattributed: 0 });
    for (const [visitors, allowed] of [
      [1, "at least 2, "],
      [11, "at least 2, .* \\(10\\)"],
    ] as const) {
      const refused = await put({ page: "/a", visitors });
      expect(refused.json).toMatchObject({
        status: 400,
        detail: expect.stringMatching(new RegExp(`^visitors is ${visitors}; allowed is ${allowed}`)),
      });
    }
    await put({ visits: 12 });
    const { text } = await from1.send("GET /v1/export", { headers: ADMIN });
    expect(text.trim().split("\n")).toEqual([
      '{"page":null,"visits":2,"visitors":7,"visitorDays":{"2026-11-22":2}}',
      '{"page":"/a","visits":10,"days":{"2026-11-22":2},"visitors":5,"visitorDays":{"2026-11-22":2}}',
    ]);
    const headers = { ...ADMIN, "Idempotency-Key": "import-key-1" };
    expect((await into.send("POST /v1/import", { headers, body: text })).json).toEqual({ lines: 2, visits: 12 });
    for (const path of ["/v1/visits?page=/a", "/v1/sites", "/v1/series", "/v1/pages?from=2026-11-01"]) {
      expect((await into.send(`GET ${path}`)).json, path).toEqual((await from1.send(`GET ${path}`)).json);
    }
    const off = startService();
    expect((await off.send("POST /v1/import", { headers, body: text })).json).toEqual({ lines: 2, visits: 12 });
    expect((await off.send("GET /v1/visits?page=/a")).json).toEqual({
      ...{ site: "example.com", siteVisits: 12, siteVisitsToday: 2 },
      pages: [{ page: "/a", visits: 10, visitsToday: 2 }],
    });
  });

  test.each([
    [
      { page: "/a", visitors: 1 },
      "visitors is 1; allowed is at least 2, the visitors of its days, unless dropDays is true, and at most the visits (10).",
    ],
    [{ page: "/a", visitors: 11, dropDays: true }, "visitors is 11; allowed is at most the visits (10)."],
    [{ page: "/a", visits: 6, visitors: 7, dropDays: true }, "visitors is 7; allowed is at most the visits (6)."],
    [{ page: "/none", visitors: 1, dropDays: true }, "visitors is 1; allowed is at most the visits (0)."],
    [{ page: "/a", visits: 5 }, "visits is 5; allowed is at least 7, as there are so many visitors."],
    [{ page: "/a", visits: 1 }, "visits is 1; allowed is at least 2, the visits of its days, unless dropDays is true."],
    [{ visits: 9 }, "visits is 9; allowed is at least 10, the visits of its pages."],
    [{ visits: 11 }, "visits is 11; allowed is at least 12, as there are so many visitors."],
    [{ visitors: 1 }, "visitors is 1; allowed is at least 2, the visitors of its days, and at most the visits (12)."],
  ])("PUT of what does not fit names a field that was sent: %j", async (body, detail) => {
    const { send, count } = start();
    for (const address of ["192.0.2.1", "192.0.2.2"]) await count(from(address));
    const put = (one: object) => send("PUT /v1/visits", { headers: ADMIN, body: one });
    await put({ page: "/a", visits: 10, visitors: 7 });
    await put({ visits: 12, visitors: 12 });
    expect((await put(body)).json).toMatchObject({ status: 400, detail });
  });

  test("no answer and no log line has an address, a User-Agent or a hash of them", async () => {
    const { count, send, log, store } = start({ LOG: "all" });
    await count(from("192.0.2.77", { "User-Agent": "secret-agent" }));
    await send("POST /visits?x=192.0.2.77", { headers: from("192.0.2.77"), body: { page: 1 } });
    store.failure = new TypeError("broken");
    await count(from("192.0.2.77", { "User-Agent": "secret-agent" }));
    expect(log.length).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(log)).not.toMatch(/192\.0\.2\.77|secret-agent/);
  });
});

describe("GET /v1/client", () => {
  test("tells the administrator which address the service sees, and by which header", async () => {
    const { send } = start();
    expect((await send("GET /v1/client", { headers: { ...ADMIN, ...from("192.0.2.7") } })).json).toEqual({
      address: "192.0.2.7",
      header: HEADER,
    });
    expect((await send("GET /v1/client", { headers: ADMIN })).json).toEqual({ address: null, header: HEADER });
    expect((await send("GET /v1/client", { headers: from("192.0.2.7") })).status).toBe(401);
    const socket = startService({ CLIENT_IP_HEADER: "socket" });
    expect((await socket.send("GET /v1/client", { headers: ADMIN })).json).toEqual({ address: SOCKET_ADDRESS, header: "socket" });
    expect((await startService().send("GET /v1/client", { headers: ADMIN })).json).toEqual({ address: null, header: null });
  });
});

test("a day begins at the midnight of TIME_ZONE, also where a clock is set", async () => {
  const { send, clock } = startService({ TIME_ZONE: "Europe/Berlin" });
  const at = async (time: string) => {
    clock.time = Date.parse(time);
    return (await send("POST /visits")).json.visitsToday;
  };
  // 25 hours: the clock is set back at 03:00.
  expect(await at("2026-10-24T21:59:59Z")).toBe(1);
  expect(await at("2026-10-24T22:00:00Z")).toBe(1);
  expect(await at("2026-10-25T22:59:59Z")).toBe(2);
  expect(await at("2026-10-25T23:00:00Z")).toBe(1);
  const { points } = (await send("GET /v1/series?from=2026-10-24&to=2026-10-26")).json;
  expect(points.map(({ visits }: { visits: number }) => visits)).toEqual([1, 2, 1]);
  expect((await send("GET /v1/sites")).json.timeZone).toBe("Europe/Berlin");
});
