import fc from "fast-check";
import { expect, test } from "vitest";
import { addDays } from "../../../src/domain/day.ts";
import { dayNumber, isAhead, mapOf, newestBefore, packRank, sketchOf, unpackRank } from "../../../src/domain/visitors/day-ranks.ts";
import { MAX_RANK } from "../../../src/domain/visitors/sketch.ts";

const TODAY = "2026-11-29";
// Two days later is a day as well.
const day = fc.integer({ min: 1, max: 2_932_890 }).map((number) => addDays("1970-01-01", number));
const rank = fc.integer({ min: 1, max: MAX_RANK });

test("days are numbered from 1970-01-01", () => {
  expect([dayNumber("1970-01-01"), dayNumber("1970-01-02"), dayNumber(TODAY)]).toEqual([0, 1, 20_786]);
});

test("a day and its neighbours are in different maps", () => {
  fc.assert(fc.property(day, (one) => mapOf(one) !== mapOf(addDays(one, 1)) && mapOf(one) === mapOf(addDays(one, 2))));
});

test("packing keeps day and rank, in safe integers", () => {
  fc.assert(
    fc.property(day, rank, (one, of) => {
      const value = packRank(one, of);
      expect(value).toBeLessThan(Number.MAX_SAFE_INTEGER);
      expect(unpackRank(value)).toEqual({ day: one, rank: of });
    }),
  );
});

test("the larger of two values is the newer day's or, on one day, the larger rank", () => {
  fc.assert(
    fc.property(day, rank, day, rank, (one, of, other, than) => {
      const newer = one === other ? of > than : one > other;
      expect(packRank(one, of) > packRank(other, than)).toBe(newer);
    }),
  );
});

test.each([0, -5, packRank(TODAY, 0), packRank(TODAY, 54), 1.5, Number.NaN])("%d is no rank of a day", (value) => {
  expect(unpackRank(value)).toBeNull();
});

test("registers of other days are empty, in the same map too", () => {
  const values: [number, number][] = [
    [1, packRank(TODAY, 5)],
    [2, packRank("2026-11-27", 9)],
    [3, packRank("2026-12-01", 9)],
    [4, 0],
    [5_000, packRank(TODAY, 5)],
  ];
  const { ranks } = sketchOf(values, TODAY);
  expect([...ranks.entries()].filter(([, of]) => of > 0)).toEqual([[1, 5]]);
  expect(sketchOf(values, "2026-11-27").ranks[2]).toBe(9);
});

test("the day to fold is the newest before today", () => {
  const values: [number, number][] = [
    [1, packRank("2026-11-25", 53)],
    [2, packRank("2026-11-27", 1)],
    [3, packRank(TODAY, 1)],
    [4, packRank("2026-12-01", 1)],
  ];
  expect(newestBefore(values, TODAY)).toBe("2026-11-27");
  expect(newestBefore(values.slice(2), TODAY)).toBeNull();
  expect(newestBefore([], TODAY)).toBeNull();
});

test("registers of tomorrow are another clock's, those of a day after are nobody's", () => {
  expect(isAhead([[1, packRank("2026-11-30", 53)]], TODAY)).toBe(false);
  expect(isAhead([[1, packRank("2026-12-01", 1)]], TODAY)).toBe(true);
});
