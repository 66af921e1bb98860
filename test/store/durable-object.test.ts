import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRecorder } from "../../src/domain/recorder.ts";
import { bundleWorker, type RunningWorker, runWorker } from "../support/miniflare.ts";
import { createRemoteStore } from "../support/remote-store.ts";
import {
  ALWAYS,
  additionOf,
  batchOf,
  commit,
  correct,
  correctionOf,
  count,
  daysOf,
  newSite,
  soon,
  totals,
  upTo,
  visit,
} from "./contract/fixture.ts";
import { describeStore } from "./contract.ts";

const START_MS = 30_000;

async function start(store: string, persist?: string): Promise<RunningWorker> {
  const script = await bundleWorker(new URL("../support/store-worker.ts", import.meta.url));
  return runWorker({ script, vars: { STORE: store, VISITORS: "daily" }, ...(persist === undefined ? {} : { persist }) });
}

const storeOf = (worker: RunningWorker) => createRemoteStore(worker.url, "sqlite");

describeStore({
  name: "Durable Object",
  visitors: true,
  open: async () => {
    const worker = await start("durable-object");
    return { store: storeOf(worker), again: async () => storeOf(worker), close: () => worker.stop() };
  },
});

describe("a site's Durable Object", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "footfall-objects-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("is made by the first write: no read makes one", { timeout: START_MS }, async () => {
    const persist = join(folder, "reads");
    const worker = await start("durable-object", persist);
    const store = storeOf(worker);
    const [written, unknown] = [newSite(), newSite()];
    await count(store, written, { "/a": 1 });
    await Promise.all([store.totals(unknown, ["/a"], "2026-11-22"), store.has(unknown, "/a"), store.pages(unknown, null, 10, null)]);
    await Promise.all([store.top(unknown, 10, null), store.days(unknown, "/a", ALWAYS), store.names(unknown, null, 10)]);
    expect(await totals(store, unknown, ["/a"])).toEqual({ siteVisits: 0, visits: [0] });
    expect(await totals(store, written, ["/a"])).toEqual({ siteVisits: 1, visits: [1] });
    await worker.stop();
    const files = (await readdir(persist, { recursive: true })).filter((name) => name.endsWith(".sqlite"));
    const objects = files.filter((name) => !name.includes("metadata"));
    // The registry's and the written site's.
    expect(objects).toHaveLength(2);
  });

  test("keeps totals, ids, receipts and its entry in the list of sites through a restart", { timeout: 2 * START_MS }, async () => {
    const sites = [newSite(), newSite()].toSorted();
    const [site = ""] = sites;
    const batch = batchOf(site, [visit("/a", "some-id-1"), visit("/a")]);
    const first = await start("durable-object", folder);
    const receipt = await commit(storeOf(first), batch, soon());
    for (const one of sites) await count(storeOf(first), one, { "/b": 1 });
    await first.stop();
    const second = await start("durable-object", folder);
    const store = storeOf(second);
    expect(await store.sites()).toMatchObject([
      { site, visits: 3 },
      { site: sites[1], visits: 1 },
    ]);
    expect(await commit(store, batch, soon())).toEqual(receipt);
    const again = await commit(store, batchOf(site, [visit("/a", "some-id-1"), visit("/a")]), soon());
    expect(again).toEqual({ siteVisits: 4, visits: { "/a": 3 }, refused: { 0: "/a" } });
    expect(await daysOf(store, site, null, ALWAYS)).toEqual({ "2026-11-22": 4 });
    await second.stop();
  });
});

describe("a call to a site's Durable Object", () => {
  let worker: RunningWorker | undefined;
  beforeAll(async () => {
    worker = await start("lossy-durable-object");
  }, START_MS);
  afterAll(() => worker?.stop());
  const open = () => {
    if (!worker) throw new Error("the worker did not start");
    return storeOf(worker);
  };

  test("may be lost before or after it is applied, or take too long: every visit is counted once and numbered", {
    timeout: 60_000,
  }, async () => {
    const store = open();
    const site = newSite();
    const recorder = createRecorder({ store, now: Date.now, newId: randomUUID });
    const numbers: number[] = [];
    const client = async () => {
      for (let sent = 0; sent < 30; sent += 1) {
        const outcome = await recorder.record(site, visit("/a", sent % 2 ? randomUUID() : null));
        if (outcome.status === "counted") numbers.push(outcome.visits);
      }
    };
    await Promise.all(Array.from({ length: 32 }, client));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(upTo(960));
    expect(await totals(store, site, ["/a"])).toEqual({ siteVisits: 960, visits: [960] });
    expect(await correct(store, correctionOf(site, "/a", { visits: 3, dropDays: true }), soon())).toEqual({ siteVisits: 3, visits: [3] });
    expect(await store.add(additionOf(site, { "/a": { visits: 2, days: {} } }), soon())).toMatch(/^(added|duplicate)$/);
    expect(await totals(store, site, ["/a"])).toEqual({ siteVisits: 5, visits: [5] });
  });

  test("that never succeeds fails at the deadline with a retryable error", async () => {
    const began = Date.now();
    const lost = commit(open(), batchOf("unreachable.example", [visit("/a")]), began + 500);
    await expect(lost).rejects.toMatchObject({ name: "StoreError", retryable: true, message: "the site's counter did not answer in time" });
    expect(Date.now() - began).toBeLessThan(2_000);
  });
});
