import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/domain/store.ts";
import { CHROME, FROM_SITE, GOOGLEBOT, startService } from "./service.ts";

const ID = "0b7d3f0a-2f5e-4c1b-9a52-6d9e4a1c7b11";

describe("POST /v1/visits", () => {
  test("counts, numbers the visits and answers the fields in their order", async () => {
    const { send } = startService();
    expect((await send("POST /visits")).text).toBe(
      '{"site":"example.com","page":"/","visits":1,"siteVisits":1,"visitsToday":1,"siteVisitsToday":1,"counted":true}',
    );
    expect((await send("POST /v1/visits", { body: { page: "/blog/" } })).json).toMatchObject({ page: "/blog", visits: 1, siteVisits: 2 });
    expect((await send("POST /v1/visits")).json).toMatchObject({ visits: 2, siteVisits: 3 });
  });

  test("takes the site from Origin, and not from the body", async () => {
    const { send } = startService();
    const headers = { Origin: "https://www.example.org:8443" };
    const { json, headers: answered } = await send("POST /visits", { headers, body: { page: "https://example.org/a?b#c" } });
    expect(json).toMatchObject({ site: "example.org", page: "/a", counted: true });
    expect(answered.get("access-control-allow-origin")).toBe(headers.Origin);
    expect(answered.get("cache-control")).toBe("no-store");
  });

  test.each(["application/json; charset=utf-8", "Text/Plain;charset=UTF-8", "application/x-www-form-urlencoded", ""])(
    "reads JSON that comes as %j",
    async (type) => {
      const { send } = startService();
      expect((await send("POST /visits", { headers: { "Content-Type": type }, body: { page: "/a" } })).json).toMatchObject({ page: "/a" });
    },
  );

  test("counts an id once, in the body, in the header, bare or quoted", async () => {
    const { send } = startService();
    expect((await send("POST /visits", { body: { id: ID } })).json).toMatchObject({ visits: 1, counted: true });
    const duplicate = { visits: 1, siteVisits: 1, counted: false, reason: "duplicate" };
    expect((await send("POST /visits", { body: { id: ID } })).json).toMatchObject(duplicate);
    expect((await send("POST /visits", { headers: { "Idempotency-Key": ID } })).json).toMatchObject(duplicate);
    expect((await send("POST /visits", { headers: { "Idempotency-Key": `"${ID}"` }, body: { id: ID } })).json).toMatchObject(duplicate);
  });

  test("refuses an id that counted another page", async () => {
    const { send, store } = startService();
    await send("POST /visits", { body: { id: ID } });
    const answer = await send("POST /visits", { body: { id: ID, page: "/other" } });
    expect(answer).toMatchObject({ status: 422, json: { type: "urn:footfall:id-reused" } });
    expect(store.writes).toHaveLength(1);
  });

  const FORM = { "Content-Type": "multipart/form-data; boundary=x" };
  const refusals: [string, number, { headers?: Record<string, string>; body?: unknown }][] = [
    ["malformed JSON", 400, { body: "{" }],
    ["an array", 400, { body: "[]" }],
    ["null", 400, { body: "null" }],
    ["a number", 400, { body: "1" }],
    ["a page that is a number", 400, { body: { page: 1 } }],
    ["a page that is null", 400, { body: { page: null } }],
    ["a site that is an object", 400, { body: { site: {} } }],
    ["an id that is a number", 400, { body: { id: 12345678 } }],
    ["an id of 7 characters", 400, { body: { id: "1234567" } }],
    ["an id of 129 characters", 400, { body: { id: "x".repeat(129) } }],
    ["an id with a space", 400, { body: { id: "1234 5678" } }],
    ["an Idempotency-Key of 7 characters", 400, { headers: { "Idempotency-Key": "1234567" } }],
    ["an empty Idempotency-Key", 400, { headers: { "Idempotency-Key": "" } }],
    ["an Idempotency-Key that differs from id", 400, { headers: { "Idempotency-Key": "12345678" }, body: { id: ID } }],
    ["a page over 1,024 bytes", 400, { body: { page: `/${"x".repeat(1_024)}` } }],
    ["an encoded control character", 400, { body: { page: "/%00" } }],
    ["a NUL", 400, { body: { page: "/a\u0000" } }],
    ["an encoded NUL", 400, { body: { page: "/%00" } }],
    ["a control character", 400, { body: { page: "/a\nb" } }],
    ["a lone surrogate", 400, { body: '{"page":"/\\ud800"}' }],
    ["a page of another host", 400, { body: { page: "https://elsewhere.net/a" } }],
    ["a page that is no web page", 400, { body: { page: "javascript:alert(1)" } }],
    ["a site that is no host", 400, { body: { site: "a b" } }],
    ["a site that is not allowed", 403, { body: { site: "elsewhere.net" } }],
    ["a site against Origin", 403, { headers: FROM_SITE, body: { site: "example.org" } }],
    ["an Origin that is not allowed", 403, { headers: { Origin: "https://elsewhere.net" } }],
    ["Origin: null", 403, { headers: { Origin: "null" } }],
    ["an Origin of another scheme", 403, { headers: { Origin: "chrome-extension://example.com" } }],
    ["a body over 4 KiB", 413, { body: { page: "/", more: "x".repeat(4_096) } }],
    ["a multipart body", 415, { headers: FORM, body: "x" }],
    ["an unknown type without a body", 415, { headers: { "Content-Type": "text/html" } }],
  ];
  test.each(refusals)("refuses %s with %i, and counts nothing", async (_, status, options) => {
    const { send, store, log } = startService();
    const answer = await send("POST /v1/visits", options);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("access-control-allow-origin")).toBeTruthy();
    expect(answer.headers.get("x-request-id")).toBeTruthy();
    expect(answer.json).toEqual({
      type: expect.stringMatching(/^urn:footfall:/),
      title: expect.any(String),
      status,
      detail: expect.any(String),
    });
    expect(answer.json.detail).toMatch(/allowed (is|are) .*\.$/);
    expect(answer.json.detail).not.toMatch(/Expected|Received|\n/);
    expect(store.writes).toEqual([]);
    expect(log).toEqual([]);
  });

  test("refuses Origin: null also where every site may count", async () => {
    const { send, store } = startService({ SITES: "*" });
    expect((await send("POST /visits", { headers: { Origin: "null" } })).status).toBe(403);
    expect(store.writes).toEqual([]);
  });

  test("refuses a body over 4 KiB that does not say its length, of which it reads no more than 8 MiB", async () => {
    const { app, store } = startService();
    let pulled = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new TextEncoder().encode(" ".repeat(1_000)));
      },
    });
    const response = await app.request("/visits", { method: "POST", body, duplex: "half" } as RequestInit);
    expect(response.status).toBe(413);
    expect(pulled).toBeLessThan(8_400);
    expect(store.writes).toEqual([]);
  });

  test("refuses a body over 4 KiB that never ends, and never says more", { timeout: 5_000 }, async () => {
    const { app } = startService();
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(" ".repeat(5_000)));
      },
    });
    const response = await app.request("/visits", { method: "POST", body, duplex: "half" } as RequestInit);
    expect(response.status).toBe(413);
  });

  test("reads a body in pieces that does not say its length", async () => {
    const { app } = startService();
    const body = new Blob(['{"page":', '"/ä"}']).stream();
    const response = await app.request("/visits", { method: "POST", body, duplex: "half" } as RequestInit);
    expect(await response.json()).toMatchObject({ page: "/%C3%A4" });
  });

  test("refuses a body that is not UTF-8, or that breaks off", async () => {
    const { app, store, log } = startService();
    const bytes = await app.request("/visits", { method: "POST", body: new Uint8Array([0x22, 0xff]), headers: { "Content-Length": "2" } });
    expect(bytes.status).toBe(400);
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
    expect((await app.request("/visits", { method: "POST", body: broken, duplex: "half" } as RequestInit)).status).toBe(400);
    expect([store.writes, log]).toEqual([[], []]);
  });

  test.each(["path", "__proto__", "constructor", "Page"])(
    "refuses the field %s, and names it: a misspelt page must not count another",
    async (name) => {
      const { send, store } = startService();
      const answer = await send("POST /visits", { body: `{"${name}":"/a"}` });
      expect(answer).toMatchObject({
        status: 400,
        json: { detail: `${name} is not a field of this request; allowed are page, site, id.` },
      });
      expect(store.writes).toEqual([]);
    },
  );

  test("takes page, site and id from the query as well", async () => {
    const { send, store } = startService();
    const answer = await send("POST /visits?page=/a&site=example.org&id=visit-1234&other=1");
    expect(answer.json).toMatchObject({ site: "example.org", page: "/a", counted: true });
    expect((await send("POST /visits?page=/a", { body: { site: "www.example.org", id: "visit-1234" } })).json).toMatchObject({
      counted: false,
    });
    expect((await send("POST /visits?page=/b/&site=WWW.example.org", { body: { page: "//b", site: "example.org" } })).status).toBe(200);
    expect(store.writes).toEqual(["count example.org/a", "count example.org/b"]);
  });

  test.each([
    ["page", "/a", "/b"],
    ["site", "example.com", "example.org"],
    ["id", "visit-1234", "visit-1235"],
  ])("refuses a %s that differs in query and body", async (name, asked, sent) => {
    const { send, store } = startService();
    const answer = await send(`POST /visits?${name}=${asked}`, { body: { [name]: sent } });
    expect(answer).toMatchObject({
      status: 400,
      json: { detail: expect.stringMatching(new RegExp(`^${name} is .*in the body.*in the query; allowed is`)) },
    });
    expect(store.writes).toEqual([]);
  });

  test("HEAD counts nothing", async () => {
    const { send, store } = startService();
    for (const path of ["/visits", "/v1/visits", "/v1/pixel", "/v1/badge?count=true"])
      expect(await send(`HEAD ${path}`)).toMatchObject({ status: 200, text: "" });
    expect(store.writes).toEqual([]);
  });

  const agents: [string, Record<string, string>, boolean][] = [
    ["curl", { "User-Agent": "curl/8.5.0" }, true],
    ["curl with Origin", { "User-Agent": "curl/8.5.0", ...FROM_SITE }, true],
    ["Node's fetch with Origin", { "User-Agent": "node", "Sec-Fetch-Mode": "cors", ...FROM_SITE }, true],
    ["no User-Agent", {}, true],
    ["a browser", { "User-Agent": CHROME, "Sec-Fetch-Site": "cross-site", ...FROM_SITE }, true],
    ["a crawler's User-Agent alone", { "User-Agent": GOOGLEBOT }, true],
    ["a crawler with Origin", { "User-Agent": GOOGLEBOT, ...FROM_SITE }, false],
    ["a crawler with Sec-Fetch-Site", { "User-Agent": GOOGLEBOT, "Sec-Fetch-Site": "same-origin" }, false],
    [
      "Facebook's own browser",
      {
        "User-Agent":
          "[FBAN/FB4A;FBAV/560.0.0.1;FBBV/1;FBDM/{density=3.0,width=1080,height=2340};FBLC/de_DE;FBRV/0;FBCR/Vodafone;FBMF/samsung;FBPN/com.facebook.katana]",
        ...FROM_SITE,
      },
      true,
    ],
    [
      "a phone whose name has bot in it",
      {
        "User-Agent":
          "Mozilla/5.0 (Linux; Android 7.0; M bot 60) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
        ...FROM_SITE,
      },
      true,
    ],
    [
      "a headless browser",
      {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36",
        ...FROM_SITE,
      },
      false,
    ],
    [
      "Facebook's crawler",
      { "User-Agent": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", ...FROM_SITE },
      false,
    ],
    ["a prefetch", { "User-Agent": CHROME, "Sec-Purpose": "prefetch;prerender" }, false],
  ];
  test.each(agents)("%s: counted is told by what it sends", async (_, headers, counted) => {
    const { send, store } = startService();
    const { json, status } = await send("POST /visits", { headers });
    expect([status, json.counted, json.reason]).toEqual([200, counted, counted ? undefined : "bot"]);
    expect(store.writes).toHaveLength(counted ? 1 : 0);
  });

  test("counts only pages that fit PAGES", async () => {
    const { send, store } = startService({ PAGES: "/,/blog/*,/a+b" });
    for (const page of ["/", "/blog/1", "/a+b"]) expect((await send("POST /visits", { body: { page } })).status).toBe(200);
    for (const page of ["/blog", "/x/blog/1", "/aab"]) {
      expect(await send("POST /visits", { body: { page } })).toMatchObject({
        status: 403,
        json: { type: "urn:footfall:page-not-allowed" },
      });
    }
    expect(store.writes).toHaveLength(3);
  });

  test.each([
    ["/a*", ["/a", "/abc", "/a/b"], ["/", "/ba"]],
    ["*/b", ["/b", "/a/b"], ["/b/c", "/bb"]],
    ["/a/*/c", ["/a/b/c", "/a/b/b/c", "/a/c/c"], ["/a/c", "/a/b/cc", "/x/a/b/c"]],
    ["/aba*aba", ["/abaaba", "/aba-aba"], ["/aba", "/ababa"]],
    ["/*x*y*", ["/xy", "/axbyc"], ["/yx", "/x"]],
    ["*", ["/", "/a"], []],
  ])("PAGES of %s lets %j pass, and not %j", async (PAGES, fit, others) => {
    const { send } = startService({ PAGES });
    for (const page of [...fit, ...others]) {
      expect((await send("POST /visits", { body: { page } })).status, page).toBe(fit.includes(page) ? 200 : 403);
    }
  });

  test("a store that is away is 503 with Retry-After, and one line for the operator", async () => {
    const { send, store, log } = startService();
    store.failure = new StoreError("connection refused", { retryable: true });
    const answer = await send("POST /visits?secret=1");
    expect(answer).toMatchObject({ status: 503, json: { type: "urn:footfall:unavailable" } });
    expect(answer.headers.get("retry-after")).toMatch(/^[1-5]$/);
    expect(answer.text).not.toContain("connection refused");
    expect(log).toMatchObject([{ severity: "WARNING", httpRequest: { status: 503, requestUrl: "/visits", requestMethod: "POST" } }]);
    expect(log[0]?.message).toContain("connection refused");
  });

  test("a bug is 500 without internals, and its stack is logged", async () => {
    const { send, store, log } = startService();
    store.failure = new TypeError("x is undefined");
    const answer = await send("GET /visits");
    expect(answer).toMatchObject({ status: 500, json: { type: "urn:footfall:internal" } });
    expect(answer.text).not.toMatch(/undefined|\.ts/);
    expect(log).toMatchObject([{ severity: "ERROR", message: expect.stringMatching(/TypeError: x is undefined\n\s+at /) }]);
  });

  test("keeps the work of a visit alive where the platform would cancel it", async () => {
    const { createApp } = await import("../../src/app.ts");
    const { createMemoryStore } = await import("./memory-store.ts");
    const { readNodeConfig } = await import("../../src/config.ts");
    const { createMeter } = await import("../../src/domain/meter.ts");
    const kept: Promise<unknown>[] = [];
    const app = createApp({
      store: createMemoryStore(Date.now),
      recorder: { record: () => Promise.reject(new StoreError("late", { retryable: true })), drain: async () => {} },
      config: readNodeConfig({}),
      now: Date.now,
      newId: () => crypto.randomUUID(),
      log: () => {},
      meter: createMeter({ now: Date.now, tell: () => {} }),
      version: "0",
      identify: null,
      socketAddress: () => null,
      http1: false,
      assets: (_, next) => next(),
      keepAlive: (work, c) => c.executionCtx.waitUntil(work),
    });
    const context = { waitUntil: (work: Promise<unknown>) => kept.push(work), passThroughOnException() {}, props: {} };
    const response = await app.fetch(new Request("http://x/visits", { method: "POST" }), {}, context);
    expect(response.status).toBe(503);
    expect(await Promise.allSettled(kept)).toMatchObject([{ status: "rejected" }]);
  });
});
