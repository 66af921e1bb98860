import { describe, expect, test } from "vitest";
import type { Addition } from "../../src/domain/store.ts";
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
    expect(put.json).toEqual({ site: "example.com", page: "/a", visits: 41, siteVisits: 42, visitsToday: 0, siteVisitsToday: 1 });
    expect((await send("POST /visits", { body: { page: "/a" } })).json).toMatchObject({ visits: 42, siteVisits: 43 });
    expect(await send("DELETE /v1/visits?page=/a", { headers: ADMIN })).toMatchObject({ status: 204, text: "" });
    expect(await send("DELETE /v1/visits?page=/a", { headers: ADMIN })).toMatchObject({ status: 204 });
    expect((await send("GET /visits?page=/a")).json).toMatchObject({ siteVisits: 1, pages: [{ page: "/a", visits: 0 }] });
  });

  test.each(["page=/a", "site=example.com"])("a PUT with %s in its query is refused, and sets nothing for the site", async (query) => {
    const { send, store } = startService();
    const { status, json } = await send(`PUT /v1/visits?${query}`, { headers: ADMIN, body: { visits: 9 } });
    expect([status, json.detail]).toEqual([
      400,
      expect.stringMatching(/^(page|site) is not a field of this request; allowed are those of its body/),
    ]);
    expect(store.writes).toEqual([]);
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
    ["neither visits nor visitors", { page: "/" }, "visits and visitors"],
    ["visitors where they are off", { page: "/", visitors: 1 }, "visitors"],
    ["days to drop of a site", { visits: 1, dropDays: true }, "dropDays"],
    ["dropDays as text", { page: "/", visits: 1, dropDays: "true" }, "dropDays"],
    ["negative visits", { page: "/", visits: -1 }, "visits"],
    ["half a visit", { page: "/", visits: 0.5 }, "visits"],
    ["visits as text", { page: "/", visits: "1" }, "visits"],
    ["visits beyond safe integers", '{"page":"/","visits":9007199254740992}', "visits"],
    ["nothing", undefined, "visits and visitors"],
  ];
  test.each(bad)("PUT with %s is 400", async (_, body, field) => {
    const { send, store } = startService();
    const answer = await send("PUT /visits", { headers: ADMIN, body });
    expect(answer.status).toBe(400);
    expect(answer.json.detail).toMatch(new RegExp(`^${field} (is|are) `));
    expect(store.writes).toEqual([]);
  });

  test.each([
    ['{"page":"/","visits":1e400}', "visits is Infinity; "],
    ['{"page":"/","visits":null}', "visits is null; "],
    ['{"page":"/","visits":[1]}', "visits is [1]; "],
    ['{"page":"/","visits":1,"dropDays":-1e999}', "dropDays is -Infinity; "],
  ])("a refusal of %s shows the value", async (body, shown) => {
    const { json } = await startService().send("PUT /visits", { headers: ADMIN, body });
    expect(json).toMatchObject({ status: 400, detail: expect.stringContaining(shown) });
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
    ["a day called constructor", '{"page":"/","visits":1,"days":{"constructor":1}}', 400],
    ["a visitor day called __proto__", '{"page":"/","visits":1,"visitorDays":{"__proto__":1}}', 400],
    ["a day called prototype that has no number", '{"page":"/","visits":1,"days":{"prototype":"x"}}', 400],
    ["a negative day", '{"page":"/","visits":1,"days":{"2026-11-22":-1}}', 400],
    ["401 days", JSON.stringify({ page: "/", visits: 500, days: days(401) }), 400],
    ["401 days and visitor days", JSON.stringify({ page: "/", visits: 500, days: days(200), visitorDays: days(201) }), 400],
    ["visitor days that sum to more than visitors", '{"page":"/","visits":1,"visitors":1,"visitorDays":{"2026-11-22":2}}', 400],
    ["days of what no page has", '{"page":null,"visits":1,"days":{"2026-11-22":1}}', 400],
    ["a misspelt field, which would lose its days", '{"page":"/","visits":1,"day":{"2026-11-22":1}}', 400],
    ["a page that is a number", '{"page":1,"visits":1}', 400],
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

  test("lets visits be counted while the largest one is read", async () => {
    const { send } = startService();
    const line = { visits: 46, days: days(46) };
    // Its last line is bad, so that all of it is read and nothing is written.
    const body = `${Array.from({ length: 4_800 }, (_, index) => `${JSON.stringify({ page: `/${index}`, ...line })}\n`).join("")}x`;
    let counted = 0;
    let isRead = false;
    const count = async () => {
      while (!isRead) {
        counted += (await send("POST /visits", { body: { page: "/live" } })).status === 200 ? 1 : 0;
        await new Promise(setImmediate);
      }
    };
    const counting = count();
    expect(await send("POST /v1/import", { headers: KEYED, body })).toMatchObject({ status: 400 });
    isRead = true;
    await counting;
    expect(counted).toBeGreaterThan(100);
  });

  test("is cut into writes of at most 400 pages and 400 days, each page once in a write, nothing lost", () => {
    const names = Object.keys(days(3_000));
    const day = (index: number) => names[index] ?? "";
    const additions: Addition[] = Array.from({ length: 3_000 }, (_, index) => ({
      page: `/${index % 900}`,
      visits: 3,
      days: { [day(index)]: 2, [day(index % 7)]: 1 },
      visitors: 2,
      visitorDays: { [day(index)]: 2 },
    }));
    const batches = [...cutIntoBatches(additions)];
    for (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(400);
      expect(new Set(batch.map(({ page }) => page)).size).toBe(batch.length);
      const visitorDays = batch.flatMap((row) => Object.keys(row.visitorDays).map((name) => `visitors ${name}`));
      expect(new Set(batch.flatMap((row) => Object.keys(row.days)).concat(visitorDays)).size).toBeLessThanOrEqual(400);
    }
    const sum = (rows: Addition[]) => rows.reduce((total, { visits, visitors }) => total + visits + visitors, 0);
    expect(sum(batches.flat())).toBe(sum(additions));
    expect([...cutIntoBatches([])]).toEqual([]);
  });
});

describe("GET /v1/export", () => {
  /** All parts, by their links. */
  async function exportAll(send: ReturnType<typeof startService>["send"], query = "") {
    const parts: string[] = [];
    let next: string | undefined = `?${query}`;
    while (next !== undefined) {
      const part = await send(`GET /v1/export${next}`, { headers: ADMIN });
      expect(part.status).toBe(200);
      expect(part.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
      expect(part.headers.get("access-control-expose-headers")).toBe("Retry-After, X-Request-Id, Link");
      parts.push(part.text);
      next = /^<(\?[^>]+)>; rel="next"$/.exec(part.headers.get("link") ?? "")?.[1];
    }
    return parts;
  }

  test("gives what an import into an empty store takes to the same totals and days", async () => {
    const from = startService();
    const into = startService();
    const many = Array.from({ length: 1_203 }, (_, index) => JSON.stringify({ page: `/p${index}`, visits: index })).join("\n");
    await from.send("POST /v1/import", { headers: { ...KEYED }, body: `${many}\n{"page":null,"visits":1000}` });
    for (let year = 2020; year < 2024; year += 1) {
      const days = Object.fromEntries(
        Array.from({ length: 365 }, (_, day) => [new Date(Date.UTC(year, 0, 1 + day)).toISOString().slice(0, 10), 2]),
      );
      const body = JSON.stringify({ page: "/old", visits: 1_000, days });
      await from.send("POST /v1/import", { headers: { ...ADMIN, "Idempotency-Key": `year-${year}-key` }, body });
    }
    const parts = await exportAll(from.send);
    expect(parts).toHaveLength(2);
    const lines = parts.join("").trim().split("\n");
    expect(lines[0]).toBe('{"page":null,"visits":1000}');
    expect(lines).toHaveLength(1 + 1_203 + 4);
    expect((await into.send("POST /v1/import", { headers: KEYED, body: parts.join("") })).json).toMatchObject({ lines: 1_208 });
    for (const query of [
      "/v1/visits?page=/old&page=/p7",
      "/v1/pages?limit=1000",
      "/v1/series?from=2020-01-01&to=2023-12-31&page=/old",
      "/v1/sites",
    ]) {
      expect((await into.send(`GET ${query}`)).json).toEqual((await from.send(`GET ${query}`)).json);
    }
  });

  test("has at most `limit` pages behind `after`, with any name, and a link while there are more", async () => {
    const { send } = startService();
    const pages = ["/", "/a&b=%3E", "/%D9%85", "/c", "/d"];
    await send("POST /v1/import", { headers: KEYED, body: pages.map((page) => JSON.stringify({ page, visits: 1 })).join("\n") });
    const names = (text: string) =>
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).page);
    const parts = await exportAll(send, "limit=2");
    expect(parts.map(names)).toEqual([[null, "/", "/%D9%85"], ["/a&b=%3E", "/c"], ["/d"]]);
    expect(names((await send("GET /v1/export?after=/a%26b=%253E&limit=5000", { headers: ADMIN })).text)).toEqual(["/c", "/d"]);
    for (const bad of ["limit=0", "limit=5001", "after=%2500", "limit=x"]) {
      expect((await send(`GET /v1/export?${bad}`, { headers: ADMIN })).status, bad).toBe(400);
    }
  });

  test("ends at 8 MB, at a page's end", async () => {
    const { send } = startService();
    const days = (year: number) =>
      Object.fromEntries(Array.from({ length: 365 }, (_, day) => [new Date(Date.UTC(year, 0, 1 + day)).toISOString().slice(0, 10), 1]));
    for (let part = 0; part < 4; part += 1) {
      const names = Array.from({ length: 55 }, (_, index) => `/${part}-${index}`);
      for (let year = 2000; year < 2007; year += 1) {
        const body = names.map((page) => JSON.stringify({ page, visits: 365, days: days(year) })).join("\n");
        const headers = { ...ADMIN, "Idempotency-Key": `part-${part}-${year}` };
        expect((await send("POST /v1/import", { headers, body })).status).toBe(200);
      }
    }
    const parts = await exportAll(send);
    expect(parts.map((part) => part.length > 7_900_000 && part.length <= 8_000_000)).toEqual([true, false]);
    const visits = parts
      .join("")
      .trim()
      .split("\n")
      .reduce((sum, line) => sum + JSON.parse(line).visits, 0);
    expect(visits).toBe(220 * 7 * 365);
    expect(JSON.parse(parts[1]?.split("\n")[0] ?? "").page).not.toBe(null);
  });

  test("of an empty site has the site's own line alone", async () => {
    const { send } = startService();
    expect(await send("GET /v1/export", { headers: ADMIN })).toMatchObject({ status: 200, text: '{"page":null,"visits":0}\n' });
  });
});

describe("a site", () => {
  test("is set as a whole: what its pages do not have is unattributed", async () => {
    const { send } = startService();
    await send("POST /visits", { body: { page: "/a" } });
    const put = (visits: number) => send("PUT /v1/visits", { headers: ADMIN, body: { visits } });
    expect((await put(10)).json).toEqual({ site: "example.com", siteVisits: 10, siteVisitsToday: 1, unattributed: 9 });
    expect((await send("GET /v1/sites")).json.sites).toEqual([{ site: "example.com", visits: 10, unattributed: 9 }]);
    expect((await put(0)).json).toMatchObject({ status: 400, detail: expect.stringMatching(/^visits is 0; allowed is at least 1, /) });
    expect((await send("GET /v1/visits?page=/a")).json).toMatchObject({ siteVisits: 10, pages: [{ visits: 1 }] });
  });

  test("is removed whole, and again", async () => {
    const { send } = startService();
    for (let index = 0; index < 60; index += 1) await send("POST /visits", { body: { page: `/${index}` } });
    await send("PUT /v1/visits", { headers: ADMIN, body: { visits: 100 } });
    for (let time = 0; time < 2; time += 1) {
      expect(await send("DELETE /v1/sites?site=example.com", { headers: ADMIN })).toMatchObject({ status: 204, text: "" });
    }
    expect((await send("GET /v1/sites")).json.sites).toEqual([]);
    expect((await send("DELETE /v1/sites", { headers: ADMIN })).status).toBe(400);
    expect((await send("DELETE /v1/sites?site=example.com")).status).toBe(401);
  });

  test("that takes longer than 10 seconds to remove is a 503, and the next call goes on", async () => {
    const { send, store, clock } = startService();
    const { removeSome } = store;
    let calls = 0;
    store.removeSome = async (site, deadline) => {
      calls += 1;
      clock.time += 3_000;
      return calls < 6 ? false : removeSome(site, deadline);
    };
    const answer = await send("DELETE /v1/sites?site=example.com", { headers: ADMIN });
    expect(answer).toMatchObject({ status: 503, json: { type: "urn:footfall:unavailable" } });
    expect(answer.headers.get("retry-after")).toMatch(/^[1-5]$/);
    expect((await send("DELETE /v1/sites?site=example.com", { headers: ADMIN })).status).toBe(204);
    expect(calls).toBe(6);
  });
});

test("PUT of fewer visits than the days sum to is 400, unless dropDays is true", async () => {
  const { send } = startService();
  const put = (body: object) => send("PUT /v1/visits", { headers: ADMIN, body: { page: "/a", ...body } });
  await send("POST /v1/import", { headers: KEYED, body: '{"page":"/a","visits":100,"days":{"2026-11-22":60,"2026-11-21":40}}' });
  const refused = await put({ visits: 99 });
  expect(refused.json).toMatchObject({ status: 400, detail: expect.stringMatching(/^visits is 99; allowed is at least 100, .*dropDays/) });
  expect((await send("GET /v1/series?from=2026-11-22")).json.points).toEqual([{ date: "2026-11-22", visits: 60 }]);
  expect((await put({ visits: 99, dropDays: true })).json).toMatchObject({ visits: 99, visitsToday: 0 });
  expect((await send("GET /v1/series?from=2026-11-22")).json.points).toEqual([{ date: "2026-11-22", visits: 0 }]);
});

test("with ADMIN_KEY a site that is not in SITES is read and removed, and neither set nor counted", async () => {
  const { send, store } = startService({ PUBLIC_STATS: "false" });
  await store.commit(
    { id: "b", site: "gone.example", visits: [{ page: "/a", day: "2026-11-22", id: null, visitor: null }], expireAt: 0 },
    0,
  );
  const site = "site=gone.example";
  for (const path of [`/v1/pages?${site}`, `/v1/series?${site}`, `/v1/export?${site}`]) {
    expect((await send(`GET ${path}`, { headers: ADMIN })).status, path).toBe(200);
  }
  expect((await send(`GET /v1/visits?${site}&page=/a`, { headers: ADMIN })).json).toMatchObject({ siteVisits: 1, pages: [{ visits: 1 }] });
  expect((await send(`GET /v1/badge?${site}&page=/a`, { headers: ADMIN })).text).toContain("visits: 1<");
  for (const path of [`/v1/visits?${site}`, `/v1/badge?${site}`]) {
    for (const headers of [{}, { "X-API-Key": "secret2" }]) expect((await send(`GET ${path}`, { headers })).status, path).toBe(403);
  }
  expect((await send(`GET /v1/badge?count=true&${site}`, { headers: ADMIN })).status).toBe(403);
  const put = await send("PUT /v1/visits", { headers: ADMIN, body: { site: "gone.example", page: "/a", visits: 9 } });
  expect(put.status).toBe(403);
  expect((await send(`POST /visits?${site}`)).status).toBe(403);
  expect((await send(`DELETE /v1/visits?${site}&page=/a`, { headers: ADMIN })).status).toBe(204);
  expect((await send(`DELETE /v1/sites?${site}`, { headers: ADMIN })).status).toBe(204);
});

describe("what a site may have in all is checked before anything is written", () => {
  const add = (send: ReturnType<typeof startService>["send"], key: string, lines: readonly object[]) =>
    send("POST /v1/import", {
      headers: { ...ADMIN, "Idempotency-Key": `room-${key}` },
      body: lines.map((line) => JSON.stringify(line)).join("\n"),
    });

  test("visits", async () => {
    const { send } = startService();
    for (let index = 0; index < 1_000; index += 1) await add(send, `${index}-full`, [{ page: "/a", visits: 1_000_000_000_000 }]);
    const refused = await add(send, "one-more", [
      { page: "/b", visits: 0 },
      { page: "/a", visits: 1 },
    ]);
    expect(refused).toMatchObject({
      status: 400,
      json: { detail: expect.stringMatching(/^the site would have \d+ visits; allowed are at most/) },
    });
    expect((await send("PUT /v1/visits", { headers: ADMIN, body: { page: "/b", visits: 1 } })).status).toBe(400);
    expect((await send("POST /v1/visits", { body: { page: "/a" } })).json).toMatchObject({
      counted: true,
      siteVisits: 1_000_000_000_000_001,
    });
    expect((await send("PUT /v1/visits", { headers: ADMIN, body: { page: "/a", visits: 3, dropDays: true } })).json).toMatchObject({
      siteVisits: 3,
    });
  });

  test("days, of visits and of visitors", async () => {
    const { send } = startService({ VISITORS: "daily", CLIENT_IP_HEADER: "X-Client" });
    const first = Date.parse("1950-01-01");
    const dayOf = (index: number) => new Date(first + index * 86_400_000).toISOString().slice(0, 10);
    const lines = (from: number, count: number) =>
      Array.from({ length: count / 250 }, (_, part) => {
        const days = Array.from({ length: 250 }, (_, index) => [dayOf(from + part * 250 + index), 1]);
        return { page: "/a", visits: 250, days: Object.fromEntries(days) };
      });
    expect((await add(send, "twenty-thousand", lines(0, 20_000))).status).toBe(200);
    const refused = await add(send, "beyond", [{ page: "/b", visits: 7 }, ...lines(19_750, 500)]);
    expect(refused).toMatchObject({
      status: 400,
      json: { detail: "the site would have visits on 20250 different days; allowed are at most 20000." },
    });
    expect((await send("GET /v1/visits?page=/b")).json).toMatchObject({ siteVisits: 20_000, pages: [{ visits: 0 }] });
    expect((await add(send, "the-same", lines(0, 250))).status).toBe(200);
  });
});
