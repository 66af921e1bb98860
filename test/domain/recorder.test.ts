import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Outcome } from "../../src/domain/pending.ts";
import { createRecorder } from "../../src/domain/recorder.ts";
import { type Batch, type Count, type Receipt, StoreError, type Visit } from "../../src/domain/store.ts";

const SITE = "example.com";
const DAY = "2026-11-22";

/** A counter all of whose visits are of one day. */
const countOf = (visits: number): Count => ({ visits, days: { [DAY]: visits }, visitors: null });

/** A store whose commits the test answers one by one. */
function createFakeStore() {
  const batches: Batch[] = [];
  const answers: PromiseWithResolvers<Receipt>[] = [];
  const totals = new Map<string, number>();
  return {
    batches,
    store: {
      commit(batch: Batch): Promise<Receipt> {
        const answer = Promise.withResolvers<Receipt>();
        batches.push(batch);
        answers.push(answer);
        return answer.promise;
      },
    },
    /** Counts a batch, except for the refused visits. */
    accept(index: number, refused: Receipt["refused"] = {}): void {
      const batch = batches[index];
      if (!batch) throw new Error(`there is no batch ${index}`);
      const pages: Record<string, Count> = {};
      for (const [place, { page }] of batch.visits.entries()) {
        const key = `${batch.site}${page}`;
        if (!refused[place]) {
          totals.set(key, (totals.get(key) ?? 0) + 1);
          totals.set(batch.site, (totals.get(batch.site) ?? 0) + 1);
        }
        pages[page] = countOf(totals.get(key) ?? 0);
      }
      answers[index]?.resolve({ site: countOf(totals.get(batch.site) ?? 0), pages, refused });
    },
    refuse: (index: number, error: Error) => answers[index]?.reject(error),
  };
}

let fake = createFakeStore();
let recorder = createRecorder({ store: fake.store, now: Date.now, newId: () => crypto.randomUUID() });
beforeEach(() => {
  vi.useFakeTimers();
  fake = createFakeStore();
  recorder = createRecorder({ store: fake.store, now: Date.now, newId: () => crypto.randomUUID() });
});
afterEach(() => vi.useRealTimers());

const visit = (page: string, id: string | null = null): Visit => ({ page, id, day: DAY, visitor: null });
const record = (page: string, id: string | null = null, site = SITE): Promise<Outcome> => recorder.record(site, visit(page, id));
/** Runs everything that does not wait for a commit. */
const settle = () => vi.advanceTimersByTimeAsync(0);
const numbers = (visits: number, siteVisits: number) => ({ visits, siteVisits, visitsToday: visits, siteVisitsToday: siteVisits });
const counted = (visits: number, siteVisits: number): Outcome => ({ status: "counted", ...numbers(visits, siteVisits) });

test("visits that arrive while a batch is in flight form the next one, numbered in order of arrival", async () => {
  const first = record("/a");
  await settle();
  const next = [record("/a"), record("/b"), record("/a")];
  await settle();
  expect(fake.batches.map((batch) => batch.visits.length)).toEqual([1]);
  fake.accept(0);
  await settle();
  expect(fake.batches.map((batch) => batch.visits.map(({ page }) => page))).toEqual([["/a"], ["/a", "/b", "/a"]]);
  fake.accept(1);
  expect(await first).toEqual(counted(1, 1));
  expect(await Promise.all(next)).toEqual([counted(2, 2), counted(1, 3), counted(3, 4)]);
});

test("a quiet site does not wait for a busy one, and at most eight sites are in flight at once", async () => {
  const sites = Array.from({ length: 10 }, (_, index) => `site-${index}.example`);
  const all = sites.map((site) => record("/", null, site));
  await settle();
  expect(fake.batches.map(({ site }) => site)).toEqual(sites.slice(0, 8));
  fake.accept(3);
  await settle();
  expect(fake.batches.map(({ site }) => site)).toEqual(sites.slice(0, 9));
  for (const index of [0, 1, 2, 4, 5, 6, 7, 8]) fake.accept(index);
  await settle();
  fake.accept(9);
  expect(await Promise.all(all)).toEqual(sites.map(() => counted(1, 1)));
});

test("where a runtime can gather, a batch has the visits that arrive meanwhile, and starts early with 400 of them", async () => {
  const gathered: (() => void)[] = [];
  const gather = (onGathered: () => void) => void gathered.push(onGathered);
  recorder = createRecorder({ store: fake.store, gather, now: Date.now, newId: () => crypto.randomUUID() });
  const first = record("/a");
  await settle();
  const second = record("/a");
  await settle();
  expect(fake.batches).toHaveLength(0);
  gathered[0]?.();
  await settle();
  expect(fake.batches.map((batch) => batch.visits.length)).toEqual([2]);
  fake.accept(0);
  expect(await Promise.all([first, second])).toEqual([counted(1, 1), counted(2, 2)]);

  const many = Array.from({ length: 399 }, () => record("/a"));
  await settle();
  expect(fake.batches).toHaveLength(1);
  many.push(record("/a"));
  await settle();
  expect(fake.batches.map((batch) => batch.visits.length)).toEqual([2, 400]);
  fake.accept(1);
  await Promise.all(many);
});

test("while a batch gathers, however long that takes, no other batch of its site starts, and later visits are counted", async () => {
  const gathered: (() => void)[] = [];
  const gather = (onGathered: () => void) => void gathered.push(onGathered);
  recorder = createRecorder({ store: fake.store, gather, now: Date.now, newId: () => crypto.randomUUID() });
  const slow = record("/a", null, "slow.example");
  const other = record("/a", null, "other.example");
  await settle();
  // As if a store blocked the thread, or the clock was set forward.
  vi.setSystemTime(Date.now() + 7_000);
  const newPage = recorder.record("slow.example", visit("/new"), true);
  gathered[1]?.();
  await settle();
  fake.accept(0);
  await other;
  gathered[0]?.();
  await settle();
  expect(fake.batches.map(({ site, visits }) => [site, visits.length])).toEqual([
    ["other.example", 1],
    ["slow.example", 2],
  ]);
  fake.accept(1);
  expect((await Promise.all([slow, newPage])).map(({ status }) => status)).toEqual(["counted", "counted"]);
  const next = record("/a", null, "slow.example");
  await settle();
  gathered[2]?.();
  await settle();
  fake.accept(2);
  expect(await next).toMatchObject({ status: "counted" });
  await recorder.drain();
});

test("a batch has at most 400 visits, and at most 500 writes", async () => {
  void record("/first");
  await settle();
  const plain = Array.from({ length: 401 }, () => record("/a"));
  fake.accept(0);
  await settle();
  expect(fake.batches[1]?.visits.length).toBe(400);
  const marked = Array.from({ length: 400 }, (_, index) => record(`/${index}`, `visit-${1_000 + index}`));
  fake.accept(1);
  await settle();
  // The site, the page of the visit left over, then two writes a visit.
  expect(fake.batches[2]?.visits.length).toBe(1 + 249);
  fake.accept(2);
  await settle();
  fake.accept(3);
  await Promise.all([...plain, ...marked]);
  expect(fake.batches.length).toBe(4);
});

test("a repeated id waits for the outcome of its first send and is a duplicate; for another page it is a conflict", async () => {
  const first = record("/a", "visit-1234");
  await settle();
  const again = [record("/a", "visit-1234"), record("/a", "visit-1234")];
  const other = record("/b", "visit-1234");
  fake.accept(0);
  expect(await first).toEqual(counted(1, 1));
  expect(await other).toEqual({ status: "conflict", counted: "/a" });
  expect(await Promise.all(again)).toEqual([1, 2].map(() => ({ status: "duplicate", ...numbers(1, 1) })));
  expect(fake.batches.length).toBe(1);
});

test("a visit is counted where another page with its id was sent before it and is refused", async () => {
  const other = record("/b", "visit-1234");
  await settle();
  const own = record("/a", "visit-1234");
  const others = ["/c", "/d", "/a"].map((page) => record(page, "visit-1234"));
  fake.accept(0, { 0: "/a" });
  expect(await other).toEqual({ status: "conflict", counted: "/a" });
  expect(await Promise.all(others.slice(0, 2))).toEqual([0, 1].map(() => ({ status: "conflict", counted: "/a" })));
  await settle();
  expect(fake.batches[1]?.visits).toEqual([visit("/a", "visit-1234")]);
  fake.accept(1, { 0: "/a" });
  expect(await Promise.all([own, others[2]])).toMatchObject([{ status: "duplicate" }, { status: "duplicate" }]);
  expect(fake.batches.length).toBe(2);
});

test("a refused visit is answered as refused, and takes no number", async () => {
  void record("/a");
  await settle();
  const next = [record("/a", "visit-1111"), record("/a"), record("/b", "visit-2222"), record("/a")];
  fake.accept(0);
  await settle();
  fake.accept(1, { 0: "/a", 2: "/c" });
  expect(await Promise.all(next)).toEqual([
    { status: "duplicate", ...numbers(3, 3) },
    counted(2, 2),
    { status: "conflict", counted: "/c" },
    counted(3, 3),
  ]);
});

test("a batch that the store refuses for good is split, and only the visit at fault fails", async () => {
  const rejected = new StoreError("rejected", { retryable: false });
  void record("/first");
  await settle();
  const visits = ["/a", "/b", "/bad", "/c"].map((page) => record(page));
  const outcomes = Promise.allSettled(visits);
  fake.accept(0);
  await settle();
  for (let index = 1; index < fake.batches.length; index += 1) {
    const bad = fake.batches[index]?.visits.some(({ page }) => page === "/bad");
    if (bad) fake.refuse(index, rejected);
    else fake.accept(index);
    await settle();
  }
  const statuses = (await outcomes).map((result) => (result.status === "fulfilled" ? result.value.status : result.reason));
  expect(statuses).toEqual(["counted", "counted", rejected, "counted"]);
});

test("a batch that the store cannot settle fails its visits and their duplicates, and the next batch is committed", async () => {
  const unavailable = new StoreError("unavailable", { retryable: true });
  const failing = Promise.allSettled([record("/a", "visit-1234"), settle().then(() => record("/a", "visit-1234"))]);
  await settle();
  fake.refuse(0, unavailable);
  expect((await failing).map((result) => result.status === "rejected" && result.reason)).toEqual([unavailable, unavailable]);
  const retried = record("/a", "visit-1234");
  await settle();
  fake.accept(1);
  expect(await retried).toEqual(counted(1, 1));
});

test("a cancelled leader blocks its site no longer than a batch may take", async () => {
  const cancelled = record("/a");
  await settle();
  const waiting = record("/b");
  await vi.advanceTimersByTimeAsync(6_600);
  // The batch in flight never ends; the next visit to arrive lets the first waiting one lead.
  expect(await record("/c")).toEqual({ status: "shed" });
  await settle();
  expect(fake.batches.map((batch) => batch.visits.map(({ page }) => page))).toEqual([["/a"], ["/b"]]);
  fake.accept(1);
  expect(await waiting).toEqual(counted(1, 1));
  fake.accept(0);
  expect(await cancelled).toEqual(counted(1, 2));
});

test("a visit that gets into no batch in time fails together with its duplicates, and draining does not wait for it", async () => {
  // Every batch that may be in flight is taken; the store answers late.
  for (let site = 0; site < 8; site += 1) void record("/", null, `${site}.example`).catch(() => {});
  await settle();
  const first = expect(record("/b", "visit-1234")).rejects.toMatchObject({ name: "StoreError", retryable: true });
  await vi.advanceTimersByTimeAsync(8_000);
  const repeated = expect(record("/b", "visit-1234")).rejects.toMatchObject({ name: "StoreError", retryable: true });
  await vi.advanceTimersByTimeAsync(500);
  await Promise.all([first, repeated]);
  const drained = recorder.drain();
  for (let index = 0; index < 8; index += 1) fake.accept(index);
  await drained;
  expect(fake.batches).toHaveLength(8);
});

test("a visit without a leader fails after 8.5 seconds, and may be sent again", async () => {
  void record("/a");
  await settle();
  const late = expect(record("/b", "visit-1234")).rejects.toMatchObject({ name: "StoreError", retryable: true });
  await vi.advanceTimersByTimeAsync(8_500);
  await late;
  const again = record("/b", "visit-1234");
  await settle();
  expect(fake.batches.map((batch) => batch.visits.map(({ page }) => page))).toEqual([["/a"], ["/b"]]);
  fake.accept(1);
  expect(await again).toEqual(counted(1, 1));
});

test("draining waits until every visit is answered", async () => {
  let drained = false;
  await recorder.drain();
  const visits = [record("/a"), record("/b", null, "other.example")];
  await settle();
  const draining = recorder.drain().then(() => {
    drained = true;
  });
  fake.accept(0);
  await settle();
  expect(drained).toBe(false);
  fake.accept(1);
  await draining;
  await Promise.all(visits);
  expect(drained).toBe(true);
});

test("while draining, every batch ends within six seconds", async () => {
  const deadlines: number[] = [];
  const store = {
    commit: (_: Batch, deadline: number): Promise<Receipt> => {
      deadlines.push(deadline - start);
      return new Promise((_resolve, reject) =>
        setTimeout(() => reject(new StoreError("unavailable", { retryable: true })), deadline - Date.now()),
      );
    },
  };
  const start = Date.now();
  const failing = createRecorder({ store, now: Date.now, newId: () => crypto.randomUUID() });
  const first = failing.record(SITE, visit("/a"));
  await vi.advanceTimersByTimeAsync(1_000);
  const settled = Promise.allSettled([first, failing.record(SITE, visit("/b"))]);
  await vi.advanceTimersByTimeAsync(500);
  const drained = failing.drain();
  await vi.advanceTimersByTimeAsync(7_000);
  await drained;
  expect((await settled).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(deadlines).toEqual([6_000, 7_500]);
});

test("a batch takes twenty pages that may be new, and known pages do not wait for the rest", async () => {
  const first = record("/first");
  await settle();
  const newPages = Array.from({ length: 50 }, (_, index) => recorder.record(SITE, visit(`/new-${index}`), true));
  const known = [record("/a"), record("/b")];
  fake.accept(0);
  await settle();
  fake.accept(1);
  await settle();
  fake.accept(2);
  await settle();
  fake.accept(3);
  expect(await Promise.all(known)).toEqual([counted(1, 22), counted(1, 23)]);
  expect(fake.batches.map(({ visits }) => visits.length)).toEqual([1, 22, 20, 10]);
  expect((await Promise.all(newPages)).every(({ status }) => status === "counted")).toBe(true);
  await first;
});

test("many visits of one page that may be new share batches, and take half of each", async () => {
  void record("/first");
  await settle();
  const newPages = Array.from({ length: 300 }, () => recorder.record(SITE, visit("/new"), true));
  const known = Array.from({ length: 300 }, () => record("/a"));
  for (let index = 0; index < 3; index += 1) {
    fake.accept(index);
    await settle();
  }
  expect(fake.batches.map(({ visits }) => visits.filter(({ page }) => page === "/new").length)).toEqual([0, 200, 100]);
  expect(fake.batches.map(({ visits }) => visits.length)).toEqual([1, 400, 200]);
  expect((await Promise.all([...newPages, ...known])).every(({ status }) => status === "counted")).toBe(true);
});

test("at most ten thousand visits are accepted at the same time, duplicates included", async () => {
  const first = record("/a", "visit-1234");
  await settle();
  const some = Array.from({ length: 5_000 }, () => record("/a", "visit-1234"));
  const more = Array.from({ length: 4_999 }, (_, index) => record("/a", null, `site-${index}.example`));
  expect(await record("/a")).toEqual({ status: "shed" });
  expect(await record("/a", "visit-1234")).toEqual({ status: "shed" });
  fake.accept(0);
  expect(await first).toEqual(counted(1, 1));
  await Promise.all(some);
  const next = record("/a");
  await settle();
  // All accepted visits are counted, site by site.
  for (let index = 1; index < fake.batches.length; index += 1) {
    fake.accept(index);
    await settle();
  }
  expect((await Promise.all(more)).every(({ status }) => status === "counted")).toBe(true);
  expect(await next).toEqual(counted(2, 2));
});

test("while a site's oldest visit has waited for more than four seconds, its further visits are shed and other sites' are not", async () => {
  void record("/a");
  await settle();
  const waiting = record("/a");
  await vi.advanceTimersByTimeAsync(4_000);
  const last = record("/a");
  await vi.advanceTimersByTimeAsync(1);
  expect(await record("/a", "visit-1234")).toEqual({ status: "shed" });
  const other = record("/a", null, "other.example");
  await settle();
  fake.accept(0);
  await settle();
  fake.accept(1);
  fake.accept(2);
  expect(await Promise.all([waiting, last, other])).toEqual([counted(2, 2), counted(3, 3), counted(1, 1)]);
  const again = record("/a", "visit-1234");
  await settle();
  fake.accept(3);
  expect(await again).toEqual(counted(4, 4));
});
