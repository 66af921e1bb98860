import fc from "fast-check";
import { expect, test } from "vitest";
import type { Days, Store } from "../../../src/domain/store.ts";
import type { Rig } from "../contract.ts";
import { ALWAYS, additionOf, addTo, batchOf, commit, correctionOf, DAY, daysOf, newSite, pagesOf, soon, visit } from "./fixture.ts";

const page = fc.constantFrom("/", "/a", "/b");
const day = fc.constantFrom("2026-11-21", "2026-11-22", "2026-11-23");
// Few, so that they repeat.
const id = fc.constantFrom("id-1-----", "id-2-----", "id-3-----");

const visits = fc.uniqueArray(fc.record({ page, day, id: fc.option(id) }), {
  minLength: 1,
  maxLength: 6,
  comparator: (a, b) => a.id !== null && a.id === b.id,
});
const addition = fc.record({
  visits: fc.integer({ min: 4, max: 9 }),
  days: fc.dictionary(day, fc.integer({ min: 1, max: 3 }), { maxKeys: 1 }),
});

const operation = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant("visits" as const), visits, sends: fc.constantFrom(1, 2) }), weight: 3 },
  {
    arbitrary: fc.record({ kind: fc.constant("correct" as const), page, visits: fc.nat({ max: 20 }), dropDays: fc.boolean(), id }),
    weight: 2,
  },
  { arbitrary: fc.record({ kind: fc.constant("correct site" as const), visits: fc.nat({ max: 40 }), id }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant("remove" as const), page, id }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant("remove site" as const) }), weight: 1 },
  {
    arbitrary: fc.record({
      kind: fc.constant("add" as const),
      additions: fc.dictionary(page, addition, { minKeys: 1 }),
      own: fc.nat(9),
      id,
    }),
    weight: 1,
  },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

async function run(store: Store, site: string, step: Operation): Promise<void> {
  switch (step.kind) {
    case "correct":
      return void (await store.correct(correctionOf(site, step.page, step, step.id), soon()));
    case "correct site":
      return void (await store.correct(correctionOf(site, null, step.visits, step.id), soon()));
    case "remove":
      return void (await store.correct(correctionOf(site, step.page, null, step.id), soon()));
    case "remove site":
      return void (await store.removeSome(site, soon()));
    case "add": {
      const batch = additionOf(site, step.additions, { id: step.id, digest: Object.keys(step.additions).join() });
      return void (await store.add({ ...batch, additions: [...batch.additions, addTo(null, { visits: step.own })] }, soon()));
    }
    case "visits": {
      const batch = batchOf(
        site,
        step.visits.map((one) => visit(one.page, one.id, one.day)),
      );
      for (let send = 0; send < step.sends; send += 1) await commit(store, batch, soon());
    }
  }
}

function sumOfDays(all: readonly Days[]): Days {
  const sum: Record<string, number> = {};
  for (const days of all) for (const [name, count] of Object.entries(days)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** What holds after any sequence of operations. */
export function invariants(rig: () => Rig): void {
  test("after any counting, correcting, adding and removing, the site is the sum of its pages and what no page has, on every day of its pages", {
    timeout: 90_000,
  }, async () => {
    const { store } = rig();
    const sequences = fc.array(operation, { minLength: 1, maxLength: 10 });
    const holds = fc.asyncProperty(sequences, async (steps) => {
      const site = newSite();
      for (const step of steps) {
        await run(store, site, step);
        const pages = await pagesOf(store, site, null, 10, ALWAYS);
        const { site: whole, unattributed } = await store.totals(site, [], DAY);
        expect(pages.reduce((sum, { visits: one }) => sum + one, 0) + unattributed).toBe(whole.visits);
        expect(unattributed).toBeGreaterThanOrEqual(0);
        expect(await daysOf(store, site, null, ALWAYS)).toEqual(sumOfDays(pages.map(({ days }) => days)));
        for (const one of pages) expect(Object.values(one.days).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(one.visits);
      }
    });
    await fc.assert(holds, { numRuns: 25 });
  });
}
