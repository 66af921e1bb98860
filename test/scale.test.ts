import { expect, test } from "vitest";
import { createEntities } from "../build/bench/scale/entities.ts";
import { commitLatency, sample } from "../build/bench/scale/latency.ts";
import { BEHAVIOUR, matrix, POINTS } from "../build/bench/scale/points.ts";
import { createRandom } from "../build/bench/scale/random.ts";
import { type Point, simulate } from "../build/bench/scale/simulate.ts";
import { BACK_S, troublesOfMany } from "../build/bench/scale/troubles.ts";
import { percentile } from "../build/statistics.ts";
import { setCounter } from "../src/stores/datastore/mutations.ts";
import { integer } from "../src/stores/datastore/values.ts";

const point = (more: Partial<Point>): Point => ({
  name: "a test",
  perSecond: 100,
  instances: 4,
  shards: 1,
  ids: false,
  behaviour: BEHAVIOUR,
  trouble: null,
  ...more,
});

test("a point comes out the same each time, and otherwise with another seed", async () => {
  const first = await simulate(point({}));
  expect(await simulate(point({}))).toEqual(first);
  expect(await simulate(point({}), 1)).not.toEqual(first);
});

test("four instances at 100 visits/s with SHARDS=auto come out as with SHARDS=1", async () => {
  const behaviour = { ...BEHAVIOUR, hidden: 0 };
  expect(await simulate(point({ behaviour, shards: "auto" }))).toEqual(await simulate(point({ behaviour })));
});

test("visits of several pages and visitors are counted, and cost more writes", async () => {
  const alone = await simulate(point({}));
  const several = await simulate(point({ pages: 5, visitors: 1_000 }));
  expect(several.refused).toBe(0);
  expect(several.billed.writes / several.visits).toBeGreaterThan(alone.billed.writes / alone.visits);
});

test.each(["outage", 20_000] as const)(
  "after five seconds of trouble (%s) the service is back within ten, and every count is exact",
  async (perSecond) => {
    const outcome = await simulate(point({ ids: true, trouble: { from: 5, to: 10, perSecond } }));
    expect(outcome.backAfterS).toBeLessThanOrEqual(10);
    expect(outcome.refusedLater).toBe(0);
  },
);

test.each(["outage", 10_000] as const)(
  "where 100 instances wait for each other as long as Datastore lets them, the service is back within ten seconds of trouble (%s)",
  async (perSecond) => {
    const behaviour = { ...BEHAVIOUR, region: "multi", lockWaitMs: 500 } as const;
    const trouble = { from: 5, to: 7, perSecond };
    const outcome = await simulate(point({ perSecond: 1_000, instances: 100, shards: "auto", behaviour, trouble }));
    expect(outcome.backAfterS).toBeLessThanOrEqual(BACK_S);
    expect(outcome.refusedLater).toBe(0);
  },
);

test.each([
  ["one", 1, 17, 75],
  ["one", 100, 71, 131],
  ["multi", 1, 48, 66],
] as const)("a commit in %s region over %i splits takes %i ms on average, 99 of 100 at most %i", (region, splits, mean, p99) => {
  const random = createRandom(1);
  const samples = Array.from({ length: 20_000 }, () => sample(commitLatency(region, splits), random));
  const ratio = (measured: number, known: number) => Math.abs(measured / known - 1);
  expect(ratio(samples.reduce((sum, ms) => sum + ms) / samples.length, mean)).toBeLessThan(0.05);
  expect(ratio(percentile(samples, 0.99), p99)).toBeLessThan(0.07);
});

test("entities are read as they were, and a commit that fails changes nothing", () => {
  const entities = createEntities();
  const key = (name: string) => ({ path: [{ kind: "kind", name }] });
  const set = (count: number) => setCounter(key("a"), { count: integer(count) });
  entities.apply([set(1)], 10);
  entities.apply([set(2)], 20);
  expect(() => entities.apply([set(3), { insert: { key: key("a") } }], 30)).toThrow("it exists");
  expect(() => entities.apply([set(3), { update: { key: key("b") } }], 30)).toThrow("it does not exist");
  const count = (at: number) => entities.read(key("a"), at)?.entity.properties?.["count"]?.integerValue ?? null;
  expect([5, 10, 19, 20, 40].map(count)).toEqual([null, "1", "1", "2", "2"]);
  entities.apply([{ delete: key("a") }], 50);
  expect([49, 50].map(count)).toEqual(["2", null]);
});

test("points have names of their own", () => {
  for (const points of [POINTS, [...matrix(), ...troublesOfMany()]])
    expect(new Set(points.map(({ name }) => name)).size).toBe(points.length);
});
