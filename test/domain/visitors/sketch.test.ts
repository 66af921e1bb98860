import fc from "fast-check";
import { expect, test } from "vitest";
import { mapOf, packRank, sketchOf } from "../../../src/domain/visitors/day-ranks.ts";
import { estimate } from "../../../src/domain/visitors/estimator.ts";
import { grow, MAX_RANK, type Place, placeOf, REGISTERS, Sketch } from "../../../src/domain/visitors/sketch.ts";

const place = fc.record({ register: fc.integer({ min: 0, max: REGISTERS - 1 }), rank: fc.integer({ min: 1, max: MAX_RANK }) });
/** Few registers, so that visitors meet in one. */
const crowded = fc.record({ register: fc.constantFrom(0, 1, 2, 3, 4_095), rank: fc.integer({ min: 1, max: MAX_RANK }) });
const places = fc.array(fc.oneof(place, crowded), { maxLength: 60 });

function sketchWith(added: Iterable<Place>): Sketch {
  const sketch = new Sketch();
  for (const one of added) sketch.add(one);
  return sketch;
}

test.each([
  [0x00000000, 0x00000000, 0, 53],
  [0x00000000, 0x00000001, 0, 52],
  [0x00000000, 0x80000000, 0, 21],
  [0x00000001, 0xffffffff, 0, 20],
  [0x00080000, 0x00000000, 0, 1],
  [0xfff00000, 0x40000000, 4_095, 22],
  [0xffffffff, 0xffffffff, 4_095, 1],
  [0x80140000, 0x00000000, 2_049, 2],
])("the hash %x %x stands in register %i... with its rank", (high, low, register, rank) => {
  expect(placeOf(high, low)).toEqual({ register, rank });
});

test("a register grows by a larger rank alone", () => {
  const sketch = new Sketch();
  expect([3, 3, 2, 5, 53, 53].map((rank) => sketch.add({ register: 7, rank }))).toEqual([true, false, false, true, true, false]);
  expect(sketch.ranks[7]).toBe(53);
});

test.each([
  { register: -1, rank: 1 },
  { register: REGISTERS, rank: 1 },
  { register: 0.5, rank: 1 },
  { register: 0, rank: 0 },
  { register: 0, rank: -3 },
  { register: 0, rank: MAX_RANK + 1 },
  { register: 0, rank: Number.NaN },
])("what is no place changes nothing: $register, $rank", (wrong) => {
  const sketch = new Sketch();
  expect(sketch.add(wrong)).toBe(false);
  expect(sketch.equals(new Sketch())).toBe(true);
});

test("order and repetition do not matter", () => {
  fc.assert(
    fc.property(places, fc.array(fc.nat(), { maxLength: 60 }), (added, picks) => {
      const again = picks.flatMap((pick) => added.at(pick % (added.length || 1)) ?? []);
      expect(sketchWith([...again, ...added.toReversed(), ...again]).equals(sketchWith(added))).toBe(true);
    }),
  );
});

test("an estimate needs no second look: ranks are counted as they grow, in copies too", () => {
  fc.assert(
    fc.property(places, places, (some, others) => {
      const sketch = sketchWith(some).copy();
      for (const place of others) sketch.add(place);
      expect(sketch.counts).toEqual(new Sketch(sketch.ranks).counts);
      expect(estimate(sketch)).toBe(estimate(new Sketch(sketch.ranks)));
    }),
  );
});

test("a copy grows alone, and a place tells whether it would be new to a sketch", () => {
  fc.assert(
    fc.property(places, places, (some, others) => {
      const sketch = sketchWith(some);
      const copy = sketch.copy();
      for (const place of others) {
        const isLacking = copy.lacks(place);
        expect(copy.add(place)).toBe(isLacking);
        expect(copy.lacks(place)).toBe(false);
      }
      expect(copy.equals(sketchWith([...some, ...others]))).toBe(true);
      expect(sketch.equals(sketchWith(some))).toBe(true);
    }),
  );
});

test("to grow tells the fewest places that make the difference, and leaves the sketch as it is", () => {
  fc.assert(
    fc.property(places, places, (known, candidates) => {
      const sketch = sketchWith(known);
      const { sketch: after, grown } = grow(sketch, candidates);
      expect(sketch.equals(sketchWith(known))).toBe(true);
      expect(after.equals(sketchWith([...known, ...candidates]))).toBe(true);
      expect(new Set(grown.map(({ register }) => register)).size).toBe(grown.length);
      for (const { register, rank } of grown) expect(rank).toBeGreaterThan(sketch.ranks[register] ?? 0);
      expect(sketchWith([...known, ...grown]).equals(after)).toBe(true);
    }),
  );
});

const DAYS = ["2026-11-27", "2026-11-28", "2026-11-29", "2026-11-30"];
const NEWEST = DAYS.slice(2);
const visit = fc.record({ day: fc.constantFrom(...DAYS), place: fc.oneof(place, crowded) });
type DayVisit = { readonly day: string; readonly place: Place };

/** What a store with `maximum` does to a counter's two maps. */
function createMaps(): { send(visits: readonly DayVisit[]): void; sketch(day: string): Sketch } {
  const maps = { even: new Map<number, number>(), odd: new Map<number, number>() };
  return {
    send(visits) {
      for (const { day, place } of visits) {
        const map = maps[mapOf(day)];
        map.set(place.register, Math.max(map.get(place.register) ?? 0, packRank(day, place.rank)));
      }
    },
    sketch: (day) => sketchOf(maps[mapOf(day)], day),
  };
}

test("any batch repeated, split, reordered, on any instance gives the same sketches of the two newest days", () => {
  const sends = fc.array(fc.record({ instance: fc.nat(2), from: fc.nat(79), to: fc.nat(79), learns: fc.boolean() }), { maxLength: 30 });
  fc.assert(
    fc.property(fc.array(visit, { maxLength: 80 }), sends, (visits, extra) => {
      const store = createMaps();
      const copies = Array.from({ length: 3 }, () => new Map<string, Sketch>());
      // Some parts on some instances, in any order, some never answered; in the end all of it.
      const all = { instance: 0, from: 0, to: visits.length, learns: true };
      for (const { instance, from, to, learns } of [...extra, all, ...extra]) {
        const batch = visits.slice(Math.min(from, to), Math.max(from, to));
        for (const day of DAYS) {
          const copy = copies[instance]?.get(day) ?? new Sketch();
          const { sketch, grown } = grow(
            copy,
            batch.filter((one) => one.day === day).map((one) => one.place),
          );
          store.send(grown.map((place) => ({ day, place })));
          if (learns) copies[instance]?.set(day, sketch);
        }
      }
      for (const day of NEWEST) {
        const direct = sketchWith(visits.filter((one) => one.day === day).map((one) => one.place));
        expect(store.sketch(day).equals(direct)).toBe(true);
      }
    }),
  );
});
