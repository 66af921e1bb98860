import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { createRecorder } from "../../../src/domain/recorder.ts";
import type { Store } from "../../../src/domain/store.ts";
import type { Rig } from "../contract.ts";
import { DAY, daysOf, newSite, totals, upTo, visit } from "./fixture.ts";

const VISITS = 10_000;
const IDS = 2_000;
const CLIENTS = 64;
const PAGES = ["/hot", "/a", "/b", "/c"] as const;
const TIMEOUT_MS = 90_000;

const recorderOf = (store: Store) => createRecorder({ store, now: Date.now, newId: randomUUID, gather: setImmediate });

/** Runs `each` for 0 … n-1 from 64 clients, each of which sends one at a time. */
async function fromClients(n: number, each: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const client = async () => {
    while (next < n) await each(next++);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

const ascending = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

/** Counting from many clients at once. */
export function concurrency(rig: () => Rig): void {
  test("10,000 visits from 64 clients are numbered 1 … n on each page, and the site is the sum of its pages at every moment", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { store, second } = rig();
    const site = newSite();
    const recorder = recorderOf(store);
    const numbers = Object.fromEntries(PAGES.map((page): [string, number[]] => [page, []]));
    let counting = true;
    let snapshots = 0;
    const watch = async () => {
      for (; counting; snapshots += 1) {
        const { siteVisits, visits } = await totals(second, site, PAGES);
        expect(visits.reduce((sum, one) => sum + one, 0)).toBe(siteVisits);
        await setTimeout(2);
      }
    };
    const visits = fromClients(VISITS, async (index) => {
      // Three visits of four are to the hot page.
      const page = PAGES[index % 4 === 0 ? 1 + ((index / 4) % 3) : 0] ?? "/hot";
      const outcome = await recorder.record(site, visit(page));
      if (outcome.status !== "counted") throw new Error(`a visit without an id is ${outcome.status}`);
      numbers[page]?.push(outcome.visits);
    }).finally(() => {
      counting = false;
    });
    await Promise.all([visits, watch()]);
    const counts = PAGES.map((page) => numbers[page]?.length ?? 0);
    for (const page of PAGES) expect(ascending(numbers[page] ?? [])).toEqual(upTo(numbers[page]?.length ?? 0));
    expect(counts[0]).toBe((VISITS / 4) * 3);
    expect(await totals(store, site, PAGES)).toEqual({ siteVisits: VISITS, visits: counts });
    expect(await daysOf(store, site, null, { from: DAY, to: DAY })).toEqual({ [DAY]: VISITS });
    expect(snapshots).toBeGreaterThan(5);
  });

  test("2,000 ids, each sent three times at once to two instances, count 2,000 visits, each once", { timeout: TIMEOUT_MS }, async () => {
    const { store, second } = rig();
    const site = newSite();
    const recorders = [recorderOf(store), recorderOf(second)] as const;
    const numbers: number[] = [];
    await fromClients(IDS, async (index) => {
      const sent = visit(index % 2 ? "/odd" : "/even", randomUUID());
      const sends = [recorders[0], recorders[1], recorders[index % 2 ? 0 : 1]].map((recorder) => recorder.record(site, sent));
      const outcomes = await Promise.all(sends);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(["counted", "duplicate", "duplicate"]);
      for (const outcome of outcomes) if (outcome.status === "counted" && sent.page === "/odd") numbers.push(outcome.visits);
    });
    expect(ascending(numbers)).toEqual(upTo(IDS / 2));
    expect(await totals(second, site, ["/odd", "/even"])).toEqual({ siteVisits: IDS, visits: [IDS / 2, IDS / 2] });
  });
}
