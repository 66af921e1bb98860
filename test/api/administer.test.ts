import { describe, expect, test } from "vitest";
import { cutIntoBatches } from "../../src/routes/import-lines.ts";
import { ADMIN, FROM_SITE, startService } from "./service.ts";

const KEYED = { ...ADMIN, "Idempotency-Key": "import-key-1" };
const ROUTES = ["PUT /v1/visits", "DELETE /visits?page=/", "POST /v1/import", "GET /v1/export"];

describe("the API key", () => {
  test.each(ROUTES)("%s is refused without it, with a wrong one, and with one in another header", async (target) => {
    const { send, store } = startService();
    const wrong = [
      {},
      { "X-API-Key": "" },
      { "X-API-Key": "secre" },
      { "X-API-Key": "secret1" },
      { Authorization: "Bearer secret" },
      { "X-Forwarded-Authorization": "secret" },
    ];
    for (const headers of wrong) {
      const answer = await send(target, { headers: headers as Record<string, string> });
      expect(answer).toMatchObject({ status: 401, json: { type: "urn:footfall:unauthorized" } });
      expect(answer.headers.has("www-authenticate")).toBe(true);
      expect(answer.text).not.toContain("secret");
    }
    expect(store.writes).toEqual([]);
  });

  test.each(ROUTES)("%s is off where ADMIN_KEY is not set", async (target) => {
    const { send } = startService({ ADMIN_KEY: "" });
    const answer = await send(target, { headers: ADMIN });
    expect(answer).toMatchObject({ status: 403, json: { type: "urn:footfall:administration-off" } });
    expect(answer.json.detail).toContain("ADMIN_KEY");
  });

  test("an override of the method changes nothing", async () => {
    const { send, store } = startService();
    await send("GET /visits?page=/", { headers: { "X-HTTP-Method-Override": "DELETE" } });
    expect(store.writes).toEqual([]);
  });
});

describe("PUT and DELETE /v1/visits", () => {
  test("set and remove a total, from any origin", async () => {
    const { send } = startService();
    await send("POST /visits", { body: { page: "/b" } });
    const put = await send("PUT /v1/visits", {
      headers: { ...ADMIN, Origin: "https://elsewhere.net" },
      body: { site: "example.com", page: "/a/", visits: 41 },
    });
    expect(put.json).toEqual({ site: "example.com", page: "/a", visits: 41, siteVisits: 42 });
    expect((await send("POST /visits", { body: { page: "/a" } })).json).toMatchObject({ visits: 42, siteVisits: 43 });
    expect(await send("DELETE /v1/visits?page=/a", { headers: ADMIN })).toMatchObject({ status: 204, text: "" });
    expect(await send("DELETE /v1/visits?page=/a", { headers: ADMIN })).toMatchObject({ status: 204 });
    expect((await send("GET /visits?page=/a")).json).toMatchObject({ siteVisits: 1, pages: [{ page: "/a", visits: 0 }] });
  });

  test("sent again with the same key they undo nothing that was counted since", async () => {
    const { send } = startService();
    const put = (visits: number) => send("PUT /visits", { headers: KEYED, body: { page: "/a", visits } });
    await put(10);
    await send("POST /visits", { body: { page: "/a" } });
    expect((await put(10)).json).toMatchObject({ visits: 11 });
    expect((await put(20)).json).toMatchObject({ visits: 20 });
  });

  const bad: [string, unknown, string][] = [
    ["no page", { visits: 1 }, "page"],
    ["no visits", { page: "/" }, "visits"],
    ["negative visits", { page: "/", visits: -1 }, "visits"],
    ["half a visit", { page: "/", visits: 0.5 }, "visits"],
    ["visits as text", { page: "/", visits: "1" }, "visits"],
    ["visits beyond safe integers", '{"page":"/","visits":9007199254740992}', "visits"],
    ["nothing", undefined, "page"],
  ];
  test.each(bad)("PUT with %s is 400", async (_, body, field) => {
    const { send, store } = startService();
    const answer = await send("PUT /visits", { headers: ADMIN, body });
    expect(answer.status).toBe(400);
    expect(answer.json.detail).toMatch(new RegExp(`^${field} is `));
    expect(store.writes).toEqual([]);
  });

  test("DELETE without a page is 400", async () => {
    const { send, store } = startService();
    expect((await send("DELETE /visits", { headers: { ...ADMIN, ...FROM_SITE } })).status).toBe(400);
    expect(store.writes).toEqual([]);
  });
});

describe("POST /v1/import", () => {
  test("adds to what is there, and sent again adds nothing", async () => {
    const { send } = startService();
    await send("POST /visits", { body: { page: "/a" } });
    const body = '{"page":"/a","visits":5,"days":{"2026-11-21":2}}\r\n\n{"page":"/a/","visits":1}\n{"page":"/b","visits":0}\n';
    for (let time = 0; time < 2; time += 1) {
      expect((await send("POST /v1/import", { headers: KEYED, body })).json).toEqual({ lines: 3, visits: 6 });
      expect((await send("GET /visits?page=/a")).json).toMatchObject({ siteVisits: 7, pages: [{ visits: 7 }] });
    }
    expect(await send("POST /v1/import", { headers: KEYED, body: `${body}\n` })).toMatchObject({
      status: 422,
      json: { type: "urn:footfall:id-reused" },
    });
    expect((await send("POST /v1/import?site=example.org", { headers: KEYED, body })).json).toEqual({ lines: 3, visits: 6 });
  });

  const days = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, day) => [new Date(Date.UTC(2020, 0, 1 + day)).toISOString().slice(0, 10), 1]));
  const good = '{"page":"/a","visits":1}\n';
  const bad: [string, string, number][] = [
    ["no JSON", "x", 400],
    ["an array", "[]", 400],
    ["no visits", '{"page":"/"}', 400],
    ["a bad page", '{"page":"/%00","visits":1}', 400],
    ["a page of another host", '{"page":"https://elsewhere.net/","visits":1}', 400],
    ["days that sum to more than visits", '{"page":"/","visits":1,"days":{"2026-11-22":2}}', 400],
    ["a day that does not exist", '{"page":"/","visits":1,"days":{"2026-02-30":1}}', 400],
    ["a negative day", '{"page":"/","visits":1,"days":{"2026-11-22":-1}}', 400],
    ["367 days", JSON.stringify({ page: "/", visits: 400, days: days(367) }), 400],
    ["a sum beyond safe integers", '{"page":"/","visits":9007199254740991}', 400],
    ["more than 5,000 lines", good.repeat(5_000), 413],
    ["more than 4 MiB", " ".repeat(4 * 1_024 * 1_024), 413],
  ];
  test.each(bad)("refuses %s, and writes nothing", async (_, line, status) => {
    const { send, store } = startService();
    const answer = await send("POST /v1/import", { headers: KEYED, body: good + line });
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer.json.detail).toMatch(/^line 2: /);
    expect(store.writes).toEqual([]);
  });

  test("needs an Idempotency-Key", async () => {
    const { send, store } = startService();
    expect((await send("POST /v1/import", { headers: ADMIN, body: good })).json).toMatchObject({
      status: 400,
      detail: expect.stringContaining("Idempotency-Key"),
    });
    expect(store.writes).toEqual([]);
  });

  test("is cut into writes of at most 400 pages and 400 days, each page once in a write, nothing lost", () => {
    const names = Object.keys(days(3_000));
    const day = (index: number) => names[index] ?? "";
    const additions = Array.from({ length: 3_000 }, (_, index) => ({
      page: `/${index % 900}`,
      visits: 3,
      days: { [day(index)]: 2, [day(index % 7)]: 1 },
    }));
    const batches = cutIntoBatches(additions);
    for (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(400);
      expect(new Set(batch.map(({ page }) => page)).size).toBe(batch.length);
      expect(new Set(batch.flatMap((row) => Object.keys(row.days))).size).toBeLessThanOrEqual(400);
    }
    const sum = (rows: typeof additions) => rows.reduce((total, { visits }) => total + visits, 0);
    expect(sum(batches.flat() as typeof additions)).toBe(sum(additions));
    expect(cutIntoBatches([])).toEqual([]);
  });
});

describe("GET /v1/export", () => {
  test("gives what an import into an empty store takes to the same totals and days", async () => {
    const from = startService();
    const into = startService();
    const many = Array.from({ length: 1_203 }, (_, index) => JSON.stringify({ page: `/p${index}`, visits: index })).join("\n");
    await from.send("POST /v1/import", { headers: { ...KEYED }, body: many });
    for (let year = 2020; year < 2024; year += 1) {
      const days = Object.fromEntries(
        Array.from({ length: 365 }, (_, day) => [new Date(Date.UTC(year, 0, 1 + day)).toISOString().slice(0, 10), 2]),
      );
      const body = JSON.stringify({ page: "/old", visits: 1_000, days });
      await from.send("POST /v1/import", { headers: { ...ADMIN, "Idempotency-Key": `year-${year}-key` }, body });
    }
    const exported = await from.send("GET /v1/export", { headers: ADMIN });
    expect(exported.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
    const lines = exported.text.trim().split("\n");
    expect(lines).toHaveLength(1_203 + 4);
    expect((await into.send("POST /v1/import", { headers: KEYED, body: exported.text })).json).toMatchObject({ lines: 1_207 });
    for (const query of ["/v1/visits?page=/old&page=/p7", "/v1/pages?limit=1000", "/v1/series?from=2020-01-01&to=2023-12-31&page=/old"]) {
      expect((await into.send(`GET ${query}`)).json).toEqual((await from.send(`GET ${query}`)).json);
    }
  });

  test("of an empty site is empty", async () => {
    const { send } = startService();
    expect(await send("GET /v1/export", { headers: ADMIN })).toMatchObject({ status: 200, text: "" });
  });

  test("that breaks off is logged, and does not end well", async () => {
    const { app, store, log, send } = startService();
    const body = Array.from({ length: 600 }, (_, index) => JSON.stringify({ page: `/${index}`, visits: 1 })).join("\n");
    await send("POST /v1/import", { headers: KEYED, body });
    const { pages } = store;
    store.pages = (site, after, ...rest) => (after === null ? pages(site, after, ...rest) : Promise.reject(new Error("away")));
    const response = await app.request("/v1/export", { headers: ADMIN });
    await expect(response.text()).rejects.toThrow("away");
    expect(log).toMatchObject([{ severity: "ERROR", message: expect.stringContaining("away") }]);
  });
});
