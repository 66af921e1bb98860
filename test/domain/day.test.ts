import fc from "fast-check";
import { expect, test } from "vitest";
import { dayOf, hourOf } from "../../src/domain/day.ts";

test("day and hour are those of the time in UTC, from the year 1 to 9999", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true }), (date) => {
      const [hour = ""] = date.toISOString().split(":", 1);
      expect(hourOf(date.getTime())).toBe(`${hour}:00:00Z`);
      expect(dayOf(date.getTime())).toBe(hour.slice(0, "2026-11-27".length));
    }),
  );
});
