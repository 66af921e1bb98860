import fc from "fast-check";
import { expect, test } from "vitest";
import type { Days, Store } from "../../../src/domain/store.ts";
import type { Rig } from "../contract.ts";
import { ALWAYS, additionOf, batchOf, correctionOf, newSite, soon, visit } from "./fixture.ts";

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
  { arbitrary: fc.record({ kind: fc.constant("correct" as const), page, total: fc.option(fc.nat({ max: 20 })), id }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant("add" as const), additions: fc.dictionary(page, addition, { minKeys: 1 }), id }), weight: 1 },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

async function run(store: Store, site: string, step: Operation): Promise<void> {
  if (step.kind === "correct") await store.correct(correctionOf(site, step.page, step.total, step.id), soon());
  else if (step.kind === "add")
    await store.add(additionOf(site, step.additions, { id: step.id, digest: Object.keys(step.additions).join() }), soon());
  else {
    const batch = batchOf(
      site,
      step.visits.map((one) => visit(one.page, one.id, one.day)),
    );
    for (let send = 0; send < step.sends; send += 1) await store.commit(batch, soon());
  }
}

function sumOfDays(all: readonly Days[]): Days {
  const sum: Record<string, number> = {};
  for (const days of all) for (const [name, count] of Object.entries(days)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** What holds after any sequence of operations. */
export function invariants(rig: () => Rig): void {
  test("after any counting, correcting and adding, the site is the sum of its pages, in total and on every day", {
    timeout: 90_000,
  }, async () => {
    const { store } = rig();
    const sequences = fc.array(operation, { minLength: 1, maxLength: 10 });
    const holds = fc.asyncProperty(sequences, async (steps) => {
      const site = newSite();
      for (const step of steps) {
        await run(store, site, step);
        const pages = await store.pages(site, null, 10, ALWAYS);
        const { siteVisits } = await store.totals(site, []);
        expect(pages.reduce((sum, { visits: one }) => sum + one, 0)).toBe(siteVisits);
        expect(await store.days(site, null, ALWAYS)).toEqual(sumOfDays(pages.map(({ days }) => days)));
        for (const one of pages) expect(Object.values(one.days).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(one.visits);
      }
    });
    await fc.assert(holds, { numRuns: 25 });
  });
}
