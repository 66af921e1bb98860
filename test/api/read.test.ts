import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/domain/store.ts";
import { formatNumber } from "../../src/routes/badge-svg.ts";
import { ADMIN, CHROME, FROM_SITE, GOOGLEBOT, startService } from "./service.ts";

async function withVisits(env = {}) {
  const service = startService(env);
  const line = (page: string, visits: number, days: Record<string, number>) => JSON.stringify({ page, visits, days });
  const body = [line("/a", 10, { "2026-11-20": 2, "2026-11-22": 3 }), line("/b", 4, { "2026-11-22": 4 }), line("/c", 9, {})].join("\n");
  const { status } = await service.send("POST /v1/import", { headers: { ...ADMIN, "Idempotency-Key": "12345678" }, body });
  expect(status).toBe(200);
  return service;
}

describe("GET /v1/visits", () => {
  test("answers pages in the order asked, unknown ones 0, repeated ones again", async () => {
    const { send } = await withVisits();
    expect((await send("GET /v1/visits?page=/c&page=/a/&page=%2Fx&page=/c")).json).toEqual({
      site: "example.com",
      siteVisits: 23,
      siteVisitsToday: 7,
      pages: [
        { page: "/c", visits: 9, visitsToday: 0 },
        { page: "/a", visits: 10, visitsToday: 3 },
        { page: "/x", visits: 0, visitsToday: 0 },
        { page: "/c", visits: 9, visitsToday: 0 },
      ],
    });
  });

  test("the request's site comes before Origin's, and that before the default", async () => {
    const { send } = startService();
    const site = async (query: string, headers = {}) => (await send(`GET /visits${query}`, { headers })).json.site;
    expect(await site("?site=www.Example.org", FROM_SITE)).toBe("example.org");
    expect(await site("", { Origin: "https://example.org" })).toBe("example.org");
    expect(await site("", { Origin: "null" })).toBe("example.com");
    expect(await site("")).toBe("example.com");
  });

  test("may be kept, but not used unasked", async () => {
    const { send } = startService();
    expect((await send("GET /visits")).headers.get("cache-control")).toBe("no-cache");
  });
});

describe("bad queries", () => {
  const hundred = "page=/&".repeat(101);
  const cases: [string, number][] = [
    ["/v1/visits?site=elsewhere.net", 403],
    ["/v1/visits?site=a&site=b", 400],
    ["/v1/visits?site=", 400],
    ["/v1/visits?page=%00", 400],
    ["/v1/visits?page=%2500", 400],
    ["/v1/visits?page=%00", 400],
    ["/v1/visits?page=https://elsewhere.net/", 400],
    [`/v1/visits?${hundred}`, 400],
    ["/v1/pages?limit=0", 400],
    ["/v1/pages?limit=1001", 400],
    ["/v1/pages?limit=1.5", 400],
    ["/v1/pages?limit=ten", 400],
    ["/v1/pages?limit=1&limit=2", 400],
    ["/v1/pages?sort=date", 400],
    ["/v1/pages?sort=visits&limit=101", 400],
    ["/v1/pages?sort=visits&cursor=L2E", 400],
    ["/v1/pages?cursor=***", 400],
    ["/v1/pages?cursor=YQ", 400],
    ["/v1/pages?cursor=L2F=", 400],
    ["/v1/series?from=2026-02-30", 400],
    ["/v1/series?from=yesterday", 400],
    ["/v1/series?from=2026-11-23&to=2026-11-22", 400],
    ["/v1/series?from=2026-11-23", 400],
    ["/v1/series?from=2021-11-18&to=2026-11-22", 400],
    ["/v1/series?page=/a&page=/b", 400],
    ["/v1/badge?count=yes", 400],
    ["/v1/badge?show=week", 400],
    ["/v1/badge?show=visitors", 400],
    ["/v1/badge?format=long", 400],
    ["/v1/badge?color=%22/%3E", 400],
    ["/v1/badge?color=12345", 400],
    ["/v1/badge?label=", 400],
    [`/v1/badge?label=${"x".repeat(65)}`, 400],
    ["/v1/badge?label=%07", 400],
    ["/v1/badge?count=true&id=short", 400],
    ["/v1/badge?site=elsewhere.net", 403],
    ["/v1/pixel?page=/a&page=/b", 400],
    ["/v1/pixel?site=elsewhere.net", 403],
  ];
  test.each(cases)("%s is %i", async (path, status) => {
    const { send, store, log } = startService();
    const answer = await send(`GET ${path}`);
    expect(answer.json).toMatchObject({ status, detail: expect.stringMatching(/allowed (is|are) .*\.$/) });
    expect(answer.status).toBe(status);
    expect([store.writes, log]).toEqual([[], []]);
  });

  test("1,830 days are allowed, none of them before the first that there is", async () => {
    const { send } = startService();
    expect((await send("GET /v1/series?to=0001-01-02")).json).toMatchObject({ from: "0001-01-01", to: "0001-01-02" });
    expect((await send("GET /v1/series?from=2021-11-19&to=2026-11-22")).json.points).toHaveLength(1_830);
  });
});

describe("GET /v1/pages", () => {
  test("lists pages by name, a part at a time", async () => {
    const { send } = await withVisits();
    const first = (await send("GET /v1/pages?limit=2")).json;
    expect(first).toEqual({
      site: "example.com",
      pages: [
        { page: "/a", visits: 10 },
        { page: "/b", visits: 4 },
      ],
      nextCursor: "L2I",
    });
    const second = (await send(`GET /v1/pages?limit=2&cursor=${first.nextCursor}`)).json;
    expect(second).toEqual({ site: "example.com", pages: [{ page: "/c", visits: 9 }] });
  });

  test("cuts a part that would have too many points, and goes on at its cursor", async () => {
    const { send } = startService();
    const body = Array.from({ length: 120 }, (_, index) => JSON.stringify({ page: `/${index}`, visits: 1 })).join("\n");
    await send("POST /v1/import", { headers: { ...ADMIN, "Idempotency-Key": "12345678" }, body });
    const query = "GET /v1/pages?limit=1000&from=2021-11-19&to=2026-11-22";
    const first = (await send(query)).json;
    expect([first.pages.length, first.pages[0].points.length]).toEqual([27, 1_830]);
    const second = (await send(`${query}&cursor=${first.nextCursor}`)).json;
    expect([second.pages.length, second.nextCursor]).toEqual([27, expect.any(String)]);
  });

  test("answers all top pages of the longest period, which count as several lists", async () => {
    const { send } = startService({ VISITS_PER_MINUTE: "2", CLIENT_IP_HEADER: "X-Client", VISITORS: "off" });
    const body = Array.from({ length: 120 }, (_, index) => JSON.stringify({ page: `/${index}`, visits: 1 })).join("\n");
    await send("POST /v1/import", { headers: { ...ADMIN, "Idempotency-Key": "12345678" }, body });
    const top = (client: string, query: string) => send(`GET /v1/pages?sort=visits${query}`, { headers: { "X-Client": client } });
    const longest = "&from=2021-11-19&to=2026-11-22";
    const { pages } = (await top("192.0.2.1", longest)).json;
    expect([pages.length, pages[99].points.length]).toEqual([100, 1_830]);
    expect((await top("192.0.2.1", "")).status).toBe(429);
    expect((await top("192.0.2.2", `${longest}&search=/`)).json.pages).toHaveLength(100);
    for (let time = 0; time < 5; time += 1) expect((await top("192.0.2.3", "&from=2026-11-22&to=2026-11-22")).status).toBe(200);
  });

  test("shows the top pages, of all time and of a period", async () => {
    const { send } = await withVisits();
    const top = async (query: string) => (await send(`GET /v1/pages?sort=visits${query}`)).json.pages;
    expect(await top("&limit=2")).toEqual([
      { page: "/a", visits: 10 },
      { page: "/c", visits: 9 },
    ]);
    expect(await top("&limit=1&from=2026-11-21&to=2026-11-22")).toEqual([
      {
        page: "/b",
        visits: 4,
        periodVisits: 4,
        points: [
          { date: "2026-11-21", visits: 0 },
          { date: "2026-11-22", visits: 4 },
        ],
      },
    ]);
  });
});

describe("GET /v1/series", () => {
  test("answers the last 30 days, zeros included, of the site or of a page", async () => {
    const { send } = await withVisits();
    const site = (await send("GET /v1/series")).json;
    expect(site).toMatchObject({ site: "example.com", page: null, from: "2026-10-24", to: "2026-11-22" });
    expect(site.points).toHaveLength(30);
    expect(site.points.slice(-3)).toEqual([
      { date: "2026-11-20", visits: 2 },
      { date: "2026-11-21", visits: 0 },
      { date: "2026-11-22", visits: 7 },
    ]);
    const page = (await send("GET /v1/series?page=/a/&from=2026-11-22")).json;
    expect(page).toEqual({
      site: "example.com",
      page: "/a",
      from: "2026-11-22",
      to: "2026-11-22",
      points: [{ date: "2026-11-22", visits: 3 }],
    });
  });
});

describe("lists and series", () => {
  test.each(["/v1/sites", "/v1/pages", "/v1/series"])("%s needs the key unless PUBLIC_STATS is set", async (path) => {
    const { send } = await withVisits({ PUBLIC_STATS: "false" });
    expect((await send(`GET ${path}`)).status).toBe(401);
    expect((await send(`GET ${path}`, { headers: ADMIN })).status).toBe(200);
  });

  test("pages are searched by their names as they are read, in any case, with or without accents", async () => {
    const { send } = startService();
    for (const [page, visits] of Object.entries({
      "/Caf%C3%A9": 3,
      "/cafeteria": 5,
      "/a%20b": 1,
      "/%D9%85%DB%8C%E2%80%8C%D8%AE%D9%88%D8%A7%D9%87%D9%85": 2,
    })) {
      await send("PUT /v1/visits", { headers: ADMIN, body: { page, visits } });
    }
    const found = async (search: string, more = "") => {
      const { json } = await send(`GET /v1/pages?search=${encodeURIComponent(search)}${more}`);
      return json.pages.map(({ page }: { page: string }) => page);
    };
    expect(await found("CAFE")).toEqual(["/Caf%C3%A9", "/cafeteria"]);
    expect(await found("cafe\u0301", "&sort=visits")).toEqual(["/cafeteria", "/Caf%C3%A9"]);
    expect(await found("a b")).toEqual(["/a%20b"]);
    expect(await found("a%20b")).toEqual([]);
    expect(await found("20")).toEqual([]);
    expect(await found("\u0645\u06cc\u062e\u0648\u0627\u0647\u0645")).toHaveLength(1);
    expect(await found("nothing")).toEqual([]);
    const first = (await send("GET /v1/pages?search=cafe&limit=1")).json;
    expect(first.pages).toHaveLength(1);
    const rest = (await send(`GET /v1/pages?search=cafe&limit=1&cursor=${first.nextCursor}`)).json;
    expect(rest.pages).toMatchObject([{ page: "/cafeteria" }]);
  });

  test.each([
    ["ΟΔΟΣ", "/οδοσα"],
    ["οδος", "/ΟΔΟΣΑ"],
    ["STRASSE", "/straße"],
    ["straße", "/STRASSE"],
    ["ISTANBUL", "/ıstanbul"],
    ["istanbul", "/İSTANBUL"],
    ["fichte", "/ﬁchte"],
  ])("a search for %s finds %s", async (search, page) => {
    const { send } = startService();
    await send("POST /visits", { body: { page } });
    const { json } = await send(`GET /v1/pages?search=${encodeURIComponent(search)}`, { headers: ADMIN });
    expect(json.pages).toMatchObject([{ page: encodeURI(page) }]);
  });

  test("a search looks through at most 10,000 names, and says that there are more", async () => {
    const { send } = startService();
    for (let from = 0; from < 12_000; from += 4_000) {
      const lines = Array.from({ length: 4_000 }, (_, index) =>
        JSON.stringify({ page: `/${String(from + index).padStart(5, "0")}`, visits: 1 }),
      );
      const headers = { ...ADMIN, "Idempotency-Key": `lines-from-${from}` };
      await send("POST /v1/import", { headers, body: lines.join("\n") });
    }
    const first = (await send("GET /v1/pages?search=11999")).json;
    expect(first).toMatchObject({ pages: [], nextCursor: expect.any(String) });
    expect((await send(`GET /v1/pages?search=11999&cursor=${first.nextCursor}`)).json).toEqual({
      site: "example.com",
      pages: [{ page: "/11999", visits: 1 }],
    });
  });

  test("a search for the top pages of a long period reads few pages at a time, and finds the same", async () => {
    const { send, store, clock } = startService();
    const lines = Array.from({ length: 300 }, (_, index) => {
      const visits = (index * 7) % 300;
      return JSON.stringify({ page: `/${index}`, visits, days: visits ? { "2026-11-20": visits } : {} });
    });
    await send("POST /v1/import", { headers: { ...ADMIN, "Idempotency-Key": "12345678" }, body: lines.join("\n") });
    const asked: number[] = [];
    const { some } = store;
    store.some = (site, pages, period) => {
      asked.push(pages.length);
      return some(site, pages, period);
    };
    const query = "GET /v1/pages?sort=visits&limit=5&from=2021-11-19&to=2026-11-22";
    expect((await send(`${query}&search=/`)).json).toEqual((await send(query)).json);
    // A list has at most 50,000 points, and these are 1,830 days.
    expect(Math.max(...asked)).toBe(27);
    // Nobody waits any more: it is not read to the end.
    asked.length = 0;
    store.some = async (_, pages) => {
      clock.time += 5_000;
      asked.push(pages.length);
      return [];
    };
    expect((await send(`${query}&search=/`)).json).toMatchObject({ status: 503, type: "urn:footfall:unavailable" });
    expect(asked).toHaveLength(3);
  });

  test("a key of one site opens that one, a key of all opens all, and neither changes anything", async () => {
    const { send } = await withVisits({ PUBLIC_STATS: "false", STATS_KEY: "for-all,example.com=for-one,example.org=other" });
    const sitesOf = async (key: string) => {
      const { status, json } = await send("GET /v1/sites", { headers: { "X-API-Key": key } });
      return status === 200 ? json.sites.map(({ site }: { site: string }) => site) : status;
    };
    expect([await sitesOf("for-all"), await sitesOf("for-one"), await sitesOf("other"), await sitesOf("none")]).toEqual([
      ["example.com"],
      ["example.com"],
      [],
      401,
    ]);
    for (const path of ["/v1/pages?site=example.com", "/v1/series?site=example.com"]) {
      expect((await send(`GET ${path}`, { headers: { "X-API-Key": "for-one" } })).status, path).toBe(200);
      expect((await send(`GET ${path}`, { headers: { "X-API-Key": "other" } })).status, path).toBe(401);
    }
    expect((await send("DELETE /v1/visits?page=/a", { headers: { "X-API-Key": "for-all" } })).status).toBe(401);
  });

  test("public sites need no key, and others do", async () => {
    const { send } = await withVisits({ PUBLIC_STATS: "example.com" });
    expect((await send("GET /v1/sites")).json.sites).toHaveLength(1);
    expect((await send("GET /v1/sites", { headers: { "X-API-Key": "wrong" } })).status).toBe(401);
    expect((await send("GET /v1/pages?site=example.com")).status).toBe(200);
    expect((await send("GET /v1/series?site=example.org")).status).toBe(401);
    expect((await send("GET /v1/series?site=example.org", { headers: ADMIN })).status).toBe(200);
  });

  test("sites have their totals", async () => {
    const { send } = await withVisits();
    expect((await send("GET /v1/sites")).json).toEqual({ timeZone: "UTC", visitors: "off", sites: [{ site: "example.com", visits: 23 }] });
  });
});

describe("badge and pixel", () => {
  test("a badge shows a page's visits as an image that all can read", async () => {
    const { send } = startService();
    await send("PUT /v1/visits", { headers: ADMIN, body: { page: "/a", visits: 1234567 } });
    const { text, headers } = await send("GET /v1/badge?page=/a&label=%3Cb%3E%26%22&color=4C1");
    expect(headers.get("content-type")).toBe("image/svg+xml; charset=utf-8");
    expect(headers.get("cache-control")).toBe("public, max-age=60");
    expect(text).toContain("<title>&#60;b&#62;&#38;&#34;: 1,234,567</title>");
    expect(text).toContain('role="img" aria-label="&#60;b&#62;&#38;&#34;: 1,234,567"');
    expect(text).toContain('fill="#4C1"');
    expect(text).not.toMatch(/<b>/);
  });

  test("a badge shows all visits, today's, or both, in full or short", async () => {
    const { send } = await withVisits();
    await send("PUT /v1/visits", { headers: ADMIN, body: { page: "/a", visits: 1_299_999 } });
    const shown = async (query: string) => /<title>(.*)<\/title>/.exec((await send(`GET /v1/badge?page=/a${query}`)).text)?.[1];
    expect(await shown("")).toBe("visits: 1,299,999");
    expect(await shown("&show=total&format=short")).toBe("visits: 1.2M");
    expect(await shown("&show=today")).toBe("visits today: 3");
    expect(await shown("&show=both&label=views")).toBe("views: 3 / 1,299,999");
    expect(await shown("&show=both&format=short")).toBe("visits: 3 / 1.2M");
    expect(await shown("&show=today&count=true")).toBe("visits today: 4");
  });

  test("a short number has at most three digits, and is never more than the number", () => {
    const cases: [number, string][] = [
      [0, "0"],
      [999, "999"],
      [1_000, "1k"],
      [1_234, "1.2k"],
      [9_999, "9.9k"],
      [10_000, "10k"],
      [999_999, "999k"],
      [1_000_000, "1M"],
      [12_345_678, "12M"],
      [1_000_000_000_000, "1T"],
      [Number.MAX_SAFE_INTEGER, "9P"],
    ];
    for (const [number, text] of cases) expect(formatNumber(number, "short")).toBe(text);
  });

  test("a badge counts where asked to, for the site of Referer", async () => {
    const { send, store } = startService();
    const headers = { Referer: "https://example.org/some/page", "User-Agent": CHROME };
    const answer = await send("GET /v1/badge?page=/a&count=true", { headers });
    expect(answer.text).toContain("visits: 1<");
    expect(answer.headers.get("cache-control")).toBe("no-cache, no-store");
    expect(store.writes).toEqual(["count example.org/a"]);
    expect((await send("GET /v1/badge?page=/a&site=example.com&count=true", { headers })).status).toBe(403);
    expect(store.writes).toHaveLength(1);
  });

  test("a pixel counts each id once, and is never kept", async () => {
    const { app, store } = startService();
    for (let time = 0; time < 2; time += 1) {
      const response = await app.request("/v1/pixel?site=example.com&page=/a&id=12345678");
      expect(response.headers.get("content-type")).toBe("image/gif");
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect((await response.arrayBuffer()).byteLength).toBe(43);
    }
    expect(store.writes).toEqual(["count example.com/a"]);
  });

  test("a crawler sees both, and counts in neither", async () => {
    const { send, store } = startService();
    const headers = { "User-Agent": GOOGLEBOT };
    expect((await send("GET /v1/pixel", { headers })).status).toBe(200);
    expect((await send("GET /v1/badge?count=true", { headers })).text).toContain("visits: 0");
    expect(store.writes).toEqual([]);
  });
});

describe("GET /v1/health", () => {
  test("tells store and version, and asks at most every 2 seconds", async () => {
    const { send, store, clock } = startService();
    expect((await send("GET /v1/health")).json).toEqual({ status: "ok", store: "sqlite", version: "1.2.3" });
    store.failure = new StoreError("away", { retryable: true });
    clock.time += 1_999;
    expect((await send("GET /v1/health")).status).toBe(200);
    clock.time += 1;
    const answer = await send("GET /v1/health");
    expect(answer).toMatchObject({ status: 503, json: { type: "urn:footfall:unavailable" } });
    expect(answer.headers.get("retry-after")).toMatch(/^[1-5]$/);
  });
});
