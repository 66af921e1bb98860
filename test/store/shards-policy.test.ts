import { describe, expect, test } from "vitest";
import { createDatastoreModel } from "../../build/bench/scale/datastore-model.ts";
import { startFleet } from "../../build/bench/scale/fleet.ts";
import { BEHAVIOUR } from "../../build/bench/scale/points.ts";
import { createRandom } from "../../build/bench/scale/random.ts";
import { inVirtualTime } from "../../build/bench/scale/virtual-time.ts";
import { createSharding } from "../../src/stores/datastore/sharding.ts";

const SITE = "www.example";
const SLOW_MS = 800;
const NOW = Date.UTC(2026, 10, 22);
const FIRST = { shard: 0, opens: false };

/** An instance that opens shards as soon as it may. */
const create = (shards: number | "auto", now = () => 0) => createSharding(shards, { now, random: () => 0 });

describe("an instance with SHARDS=auto", () => {
  test("writes to the first shard alone, however slow it is, while nobody else writes", () => {
    const sharding = create("auto");
    for (let count = 10; count < 100; count += 10) {
      expect(sharding.plan(SITE)).toEqual(FIRST);
      sharding.committed(SITE, SLOW_MS, { open: 1, count, visits: 10 });
      sharding.waits(SITE, SLOW_MS, { open: 1, count: count + 10, visits: 10 });
    }
  });

  test("opens shards where others write as well and two commits in a row are slow", () => {
    const sharding = create("auto");
    const commit = (ms: number, count: number) => sharding.committed(SITE, ms, { open: 1, count, visits: 10 });
    commit(SLOW_MS, 10);
    commit(20, 40);
    commit(SLOW_MS, 70);
    expect(sharding.plan(SITE)).toEqual(FIRST);
    commit(SLOW_MS, 100);
    expect(sharding.plan(SITE)).toEqual({ shard: 0, opens: true });
  });

  test("opens shards where its commit does not come through while others' do", () => {
    const sharding = create("auto");
    sharding.waits(SITE, SLOW_MS, { open: 1, count: 10, visits: 10 });
    expect(sharding.plan(SITE)).toEqual(FIRST);
    sharding.waits(SITE, 2 * SLOW_MS, { open: 1, count: 40, visits: 10 });
    expect(sharding.plan(SITE)).toEqual({ shard: 0, opens: true });
  });

  test("keeps to one open shard until it is closed", () => {
    const sharding = createSharding("auto", { now: () => 0, random: () => 0.99 });
    sharding.committed(SITE, 20, { open: 4, count: 10, visits: 10 });
    expect([sharding.plan(SITE), sharding.plan(SITE)]).toEqual([
      { shard: 3, opens: false },
      { shard: 3, opens: false },
    ]);
    sharding.closed(SITE);
    expect(sharding.plan(SITE)).toEqual(FIRST);
  });

  test("waits before a commit to an open shard where the last one was slow, for a quarter of a second at most", () => {
    const sharding = create("auto");
    const pauses = [200, 400, 4_000].map((ms) => {
      sharding.committed(SITE, ms, null);
      return sharding.pauseMs(SITE);
    });
    expect(pauses).toEqual([0, 0, 0]);
    sharding.committed(SITE, 20, { open: 4, count: 10, visits: 10 });
    for (const [ms, pauseMs] of [
      [200, 0],
      [400, 200],
      [4_000, 250],
    ] as const) {
      sharding.committed(SITE, ms, null);
      expect(sharding.pauseMs(SITE)).toBe(pauseMs);
    }
  });

  test("leaves a shard whose commits do not come through", () => {
    let next = 0;
    const sharding = createSharding("auto", { now: () => 0, random: () => next });
    sharding.committed(SITE, 20, { open: 4, count: 10, visits: 10 });
    next = 0.99;
    sharding.waits(SITE, 20, { open: 4, count: 10, visits: 10 });
    expect(sharding.plan(SITE).shard).toBe(0);
    sharding.waits(SITE, SLOW_MS, { open: 4, count: 10, visits: 10 });
    expect(sharding.plan(SITE).shard).toBe(3);
  });

  test("leaves a shard on which too many write for one on which too few do, at the earliest after a second", () => {
    let time = NOW;
    const sharding = create("auto", () => time);
    const shards = () => sharding.plan(SITE).shard;
    const look = (...visits: number[]) => sharding.isQuiet(SITE, new Map(visits.entries()));
    sharding.committed(SITE, 20, { open: 3, count: 10, visits: 10 });
    look(0, 0, 0);
    time += 999;
    look(300, 300, 0);
    expect(shards()).toBe(0);
    time += 1;
    look(300, 300, 0);
    expect(shards()).toBe(2);
    time += 1_000;
    look(400, 400, 100);
    expect(shards()).toBe(2);
  });

  test.each([
    ["few instances write", [0, 0, 600], true],
    ["many instances write a lot", [6_000, 6_000, 6_000, 6_000, 6_000, 6_000, 6_000], false],
    ["many instances write little", [50, 50, 50, 50, 50, 50, 50], true],
  ])("finds a site quiet after a minute where %s", (_, added, isQuiet) => {
    let time = NOW;
    const sharding = create("auto", () => time);
    sharding.committed(SITE, 20, { open: 10, count: 10, visits: 10 });
    const counter = (visits: readonly number[]) => new Map(visits.map((count, shard) => [shard, 100 + count]));
    const none = counter(added.map(() => 0));
    expect(sharding.isQuiet(SITE, none)).toBe(false);
    time = NOW + 59_000;
    expect(sharding.isQuiet(SITE, none)).toBe(false);
    time = NOW + 61_000;
    expect(sharding.isQuiet(SITE, counter(added))).toBe(isQuiet);
  });
});

test("an instance with SHARDS=4 opens four shards with its first commit and never closes them", () => {
  const sharding = create(4);
  expect(sharding.plan(SITE)).toEqual({ shard: 0, opens: true });
  expect(sharding.isQuiet(SITE, new Map())).toBe(false);
});

test("an instance with SHARDS=1 opens nothing", () => {
  const sharding = create(1);
  sharding.committed(SITE, SLOW_MS, { open: 0, count: 10, visits: 10 });
  sharding.committed(SITE, SLOW_MS, { open: 0, count: 50, visits: 10 });
  expect(sharding.plan(SITE)).toEqual(FIRST);
});

test("a rush on 40 instances opens shards, and when it is over they are closed, and answers are read from no shard any more", () =>
  inVirtualTime(async (time) => {
    const random = createRandom(7);
    const { transport, billed } = createDatastoreModel({ ...BEHAVIOUR, hidden: 0 }, random);
    const fleet = startFleet({ transport, instances: 40, shards: "auto", ids: false, random });
    async function run(seconds: number, perSecond: number) {
      const [before, from] = [{ ...billed }, fleet.answers.length];
      for (let ms = 0; ms < seconds * 1_000; ms += 1) {
        fleet.work(perSecond / 1_000);
        await time.advance();
      }
      return { reads: billed.reads - before.reads, commits: billed.commits - before.commits, answers: fleet.answers.slice(from) };
    }
    await run(10, 400);
    const rush = await run(3, 400);
    expect(rush.reads).toBeGreaterThan(5 * rush.commits);
    await run(180, 5);
    const quiet = await run(20, 5);
    expect(quiet.reads).toBeLessThan(quiet.commits);
    const numbers = quiet.answers.map(({ visits }) => visits ?? 0);
    expect(new Set(numbers).size).toBe(numbers.length);
  }));
