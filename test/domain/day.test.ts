import fc from "fast-check";
import { expect, test } from "vitest";
import { addDays, countDays, createDayClock, dayOf, daysBetween, parseDay } from "../../src/domain/day.ts";
import { InvalidInput } from "../../src/domain/invalid.ts";

const date = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true });

test("a time's day is its UTC date, from the year 1 to 9999, and parses as itself", () => {
  fc.assert(
    fc.property(date, (one) => {
      const day = dayOf(one.getTime());
      const [year, month, dayOfMonth] = day.split("-").map(Number);
      expect([year, month, dayOfMonth]).toEqual([one.getUTCFullYear(), one.getUTCMonth() + 1, one.getUTCDate()]);
      expect(parseDay("from", day)).toBe(day);
    }),
  );
});

test.each(["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "0000-01-01", "2026-11-22T00:00:00Z", "tomorrow", ""])(
  "%j is no day",
  (text) => expect(() => parseDay("from", text)).toThrow(InvalidInput),
);

test("a clock's day changes at midnight UTC, in either direction", () => {
  let time = Date.parse("2026-11-22T23:59:59.999Z");
  const today = createDayClock(() => time);
  expect(today()).toBe("2026-11-22");
  time += 1;
  expect(today()).toBe("2026-11-23");
  time -= 1;
  expect(today()).toBe("2026-11-22");
});

test("a period has every day from the first to the last", () => {
  expect(daysBetween("2024-02-28", "2024-03-01")).toEqual(["2024-02-28", "2024-02-29", "2024-03-01"]);
  fc.assert(
    fc.property(date, fc.nat({ max: 400 }), (first, more) => {
      const from = dayOf(Math.min(first.getTime(), Date.parse("9998-01-01")));
      const days = daysBetween(from, addDays(from, more));
      expect([days.length, days[0], days.at(-1)]).toEqual([more + 1, from, addDays(from, more)]);
      expect(countDays(from, addDays(from, more))).toBe(more + 1);
      expect(days).toEqual(days.toSorted());
    }),
  );
});
