import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSqliteThreads } from "../../src/platform/node/sqlite-threads.ts";
import { batchOf, newSite, soon, visit } from "./contract/fixture.ts";
import { describeStore } from "./contract.ts";

const script = new URL("../../src/platform/node/sqlite-thread.ts", import.meta.url);
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-threads-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describeStore({
  name: "node:sqlite in threads",
  visitors: true,
  open: async () => {
    const open = () => openSqliteThreads({ path: join(folder, "contract", "visits.sqlite"), script, visitors: true });
    const store = await open();
    return { store, again: open, close: () => store.close() };
  },
});

describe("the embedded store in threads", () => {
  test.each([
    ["is a folder", () => folder],
    // mkdir with `recursive` would never return.
    ["is in a folder that nobody can make", () => "/proc/x/y"],
  ])("whose path %s fails with one line that names the setting", async (_, pathOf) => {
    const opening = openSqliteThreads({ path: pathOf(), script });
    await expect(opening).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.stringMatching(/^SQLITE_PATH is "[^\n]+" \([^\n]+\); allowed is [^\n]+$/),
    });
  });

  test("that another process has locked reads at once, and counts as soon as it is free", async () => {
    const path = join(folder, "locked.sqlite");
    const store = await openSqliteThreads({ path, script });
    const site = newSite();
    await store.commit(batchOf(site, [visit("/a")]), soon());
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    const waiting = store.commit(batchOf(site, [visit("/b")]), soon());
    await sleep(200);
    const startedAt = performance.now();
    await store.ping();
    expect(await store.has(site, "/a")).toBe(true);
    expect(await store.pages(site, null, 10, null)).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    other.exec("rollback");
    other.close();
    expect(await waiting).toMatchObject({ refused: {} });
    expect(await store.has(site, "/b")).toBe(true);
    await store.close();
  });

  test("hands on the answers of many lists one by one, with turns for others in between", async () => {
    const store = await openSqliteThreads({ path: join(folder, "lists.sqlite"), script });
    await store.pages(newSite(), null, 10, null);
    let turns = 0;
    let count = setImmediate(function turn() {
      turns += 1;
      count = setImmediate(turn);
    });
    const seen = Array.from({ length: 20 }, () => store.pages(newSite(), null, 10, null).then(() => turns));
    // Time for all answers to come while nobody takes them.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    expect(new Set(await Promise.all(seen)).size).toBe(20);
    clearImmediate(count);
    await store.close();
  });

  test("gives a write up at its deadline while the lock lasts, and counts nothing of it", async () => {
    const path = join(folder, "held.sqlite");
    const store = await openSqliteThreads({ path, script });
    const site = newSite();
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    const startedAt = performance.now();
    await expect(store.commit(batchOf(site, [visit("/a")]), Date.now() + 500)).rejects.toMatchObject({
      name: "StoreError",
      retryable: true,
    });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    other.close();
    expect(await store.has(site, "/a")).toBe(false);
    await store.close();
  });
});
