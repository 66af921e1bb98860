import { expect, test } from "vitest";
import { StoreError } from "../../src/domain/store.ts";
import { ADMIN, GOOGLEBOT, startService } from "./service.ts";

const HOUR_MS = 3_600_000;
const LIMITED = { NEW_PAGES_BURST: "2", NEW_PAGES_PER_HOUR: "1" };

function start(env = {}) {
  const service = startService({ ...LIMITED, ...env });
  const { has } = service.store;
  let reads = 0;
  service.store.has = (...args) => {
    reads += 1;
    return has(...args);
  };
  const count = async (page: string, more: object = {}) => (await service.send("POST /visits", { body: { page, ...more } })).json;
  return { ...service, count, reads: () => reads };
}
const counted = (visits: number) => expect.objectContaining({ counted: true, visits });
const REFUSED = expect.objectContaining({ status: 429, type: "urn:footfall:too-many-new-pages" });

test("new pages are counted until the budget is spent; then known ones go on, and new ones are refused with 429", async () => {
  const { send, count, reads, store } = start();
  expect([await count("/a"), await count("/b")]).toEqual([counted(1), counted(1)]);
  const refused = await send("POST /visits", { body: { page: "/c" } });
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("3600");
  expect(refused.json).toEqual({
    type: "urn:footfall:too-many-new-pages",
    title: "Too many new pages",
    status: 429,
    detail: 'page is "/c", a new one; allowed are 2 new pages at once, and 1 an hour.',
  });
  expect([await count("/a"), await count("/b"), await count("/a")]).toEqual([counted(2), counted(2), counted(3)]);
  expect(store.writes.length).toBe(5);
  // Only the new page was looked up.
  expect(reads()).toBe(1);
});

test("the budget comes back with time, for each site its own", async () => {
  const { count, clock } = start();
  const on = (page: string) => count(page, { site: "example.org" });
  expect([await count("/a"), await count("/b"), await count("/c")]).toEqual([counted(1), counted(1), REFUSED]);
  expect([await on("/a"), await on("/b"), await on("/c")]).toEqual([counted(1), counted(1), REFUSED]);
  clock.time += HOUR_MS;
  expect([await count("/c"), await count("/d")]).toEqual([counted(1), REFUSED]);
  clock.time += 10 * HOUR_MS;
  expect([await on("/c"), await on("/d"), await on("/e")]).toEqual([counted(1), counted(1), REFUSED]);
});

test("what is not counted, as the store is away, costs nothing", async () => {
  const { count, store } = start();
  store.failure = new StoreError("gone", { retryable: true });
  for (let send = 0; send < 5; send += 1) expect(await count("/old")).toMatchObject({ status: 503 });
  store.failure = null;
  expect([await count("/a"), await count("/b"), await count("/c")]).toEqual([counted(1), counted(1), REFUSED]);
});

test("a page that this instance does not know but that has visits costs nothing, and no read", async () => {
  const { send, count, reads } = start();
  const lines = Array.from({ length: 20 }, (_, index) => JSON.stringify({ page: `/old-${index}`, visits: 5 })).join("\n");
  expect((await send("POST /v1/import", { headers: { ...ADMIN, "Idempotency-Key": "import-1" }, body: lines })).status).toBe(200);
  for (let index = 0; index < 20; index += 1) expect(await count(`/old-${index}`)).toEqual(counted(6));
  expect(reads()).toBe(0);
  expect([await count("/a"), await count("/b"), await count("/c")]).toEqual([counted(1), counted(1), REFUSED]);
});

test("with the budget spent, a page that has visits costs one look-up, once", async () => {
  const { send, count, reads } = start();
  await send("PUT /visits", { headers: ADMIN, body: { page: "/old", visits: 7 } });
  expect([await count("/a"), await count("/b")]).toEqual([counted(1), counted(1)]);
  expect([await count("/old"), await count("/old"), await count("/old")]).toEqual([counted(8), counted(9), counted(10)]);
  expect(reads()).toBe(1);
});

test("many first visits of one page, at once, take one new page", async () => {
  const { count } = start({ NEW_PAGES_BURST: "10" });
  const first = await Promise.all(Array.from({ length: 10 }, () => count("/hot")));
  expect(first.map(({ visits }) => visits).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const others = await Promise.all(Array.from({ length: 10 }, (_, index) => count(`/${index}`)));
  expect(others.filter(({ counted }) => counted)).toHaveLength(9);
});

test("of many new pages at once no more are made than the budget allows", async () => {
  const { count, store } = start({ NEW_PAGES_BURST: "30" });
  const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => count(`/${index}`)));
  expect(answers.filter(({ counted }) => counted)).toHaveLength(30);
  expect(new Set(answers.map(({ type }) => type))).toEqual(new Set([undefined, "urn:footfall:too-many-new-pages"]));
  expect(store.writes.length).toBe(30);
  expect(await count("/1")).toEqual(counted(2));
});

test("what is not counted takes nothing: repeated ids, reused ids, crawlers, refused pages, HEAD, a full service", async () => {
  const { count, send } = start({ PAGES: "/*,/b" });
  expect(await count("/a", { id: "visit-1234" })).toEqual(counted(1));
  for (let times = 0; times < 3; times += 1) {
    expect(await count("/b", { id: "visit-1234" })).toMatchObject({ status: 422 });
    expect(await count("/a", { id: "visit-1234" })).toMatchObject({ reason: "duplicate" });
    expect((await send("GET /v1/pixel?page=/c", { headers: { "User-Agent": GOOGLEBOT } })).status).toBe(200);
    expect((await send("HEAD /v1/pixel?page=/d")).status).toBe(200);
  }
  expect([await count("/b"), await count("/c")]).toEqual([counted(1), REFUSED]);
});

test("a visit that counted before is a duplicate also where its page is unknown and the budget spent", async () => {
  const { count, store } = start();
  await store.commit(
    {
      id: "b",
      site: "example.com",
      visits: [{ page: "/old", day: "2026-11-22", id: "visit-1234", visitor: null }],
      expireAt: Number.MAX_SAFE_INTEGER,
    },
    0,
  );
  expect([await count("/a"), await count("/b")]).toEqual([counted(1), counted(1)]);
  expect(await count("/old", { id: "visit-1234" })).toMatchObject({ counted: false, reason: "duplicate", visits: 1 });
});

test("administration makes as many pages as it likes", async () => {
  const { send, count } = start({ NEW_PAGES_BURST: "0", NEW_PAGES_PER_HOUR: "0" });
  for (let index = 0; index < 5; index += 1) {
    expect((await send("PUT /visits", { headers: ADMIN, body: { page: `/${index}`, visits: 1 } })).status).toBe(200);
    expect(await count(`/${index}`)).toEqual(counted(2));
  }
  expect(await count("/new")).toEqual(REFUSED);
});

test("a failing look-up is a 503, and leaves room for others", async () => {
  const { count, store, send } = start();
  await Promise.all([count("/a"), count("/b")]);
  const { has } = store;
  const { StoreError } = await import("../../src/domain/store.ts");
  store.has = async () => {
    throw new StoreError("away", { retryable: true });
  };
  for (let times = 0; times < 40; times += 1) expect(await count("/old")).toMatchObject({ status: 503, type: "urn:footfall:unavailable" });
  store.has = has;
  await send("PUT /visits", { headers: ADMIN, body: { page: "/old", visits: 7 } });
  expect(await count("/old")).toEqual(counted(8));
});

test("more new pages at once than can be looked up have a refusal of their own; those before them, and known pages, count", async () => {
  const { count, store, send, log } = start();
  await send("PUT /visits", { headers: ADMIN, body: { page: "/old", visits: 7 } });
  await Promise.all([count("/a"), count("/b")]);
  const { has } = store;
  const open = Promise.withResolvers<void>();
  store.has = async (...args) => {
    await open.promise;
    return has(...args);
  };
  const looked = Array.from({ length: 999 }, (_, index) => count(`/new-${index}`));
  const old = count("/old");
  const shed = await send("POST /visits", { body: { page: "/more" } });
  expect(shed).toMatchObject({ status: 429, json: { type: "urn:footfall:too-many-lookups" } });
  expect(shed.headers.get("retry-after")).toBe("1");
  expect(await count("/a")).toEqual(counted(2));
  open.resolve();
  for (const answer of await Promise.all(looked)) expect(answer).toEqual(REFUSED);
  expect(await old).toEqual(counted(8));
  expect(await count("/more")).toEqual(REFUSED);
  expect(log.filter(({ severity }) => severity !== "INFO")).toEqual([]);
});

const NEW_SITE = expect.objectContaining({ status: 429, type: "urn:footfall:too-many-new-sites" });

test("where every site may count, new sites have a budget; those that are there go on", async () => {
  const { count, clock } = start({ SITES: "*", DEFAULT_SITE: "" });
  const on = (site: string) => count("/", { site });
  for (let index = 0; index < 1_000; index += 1) expect(await on(`site-${index}.example`)).toEqual(counted(1));
  expect(await on("one-more.example")).toEqual(NEW_SITE);
  expect([await on("site-1.example"), await count("/other", { site: "site-2.example" })]).toEqual([counted(2), counted(1)]);
  clock.time += HOUR_MS / 100;
  expect([await on("one-more.example"), await on("another.example")]).toEqual([counted(1), NEW_SITE]);
});

test("where SITES names them, sites have no budget", async () => {
  const names = Array.from({ length: 1_100 }, (_, index) => `site-${index}.example`);
  const { count } = start({ SITES: names.join(","), DEFAULT_SITE: "" });
  for (const site of names) expect(await count("/", { site })).toEqual(counted(1));
});
