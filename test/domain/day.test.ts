import fc from "fast-check";
import { expect, test, vi } from "vitest";
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

/** The UTC moments at which a zone's days of a year begin, by asking for every quarter of an hour. */
function midnights(timeZone: string, year: number): number[] {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const starts: number[] = [];
  let last = "";
  for (let time = Date.UTC(year, 0, 1); time < Date.UTC(year + 1, 0, 1); time += 900_000) {
    const day = format.format(time);
    if (day !== last) starts.push(time);
    last = day;
  }
  return starts.slice(1);
}

test.each(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Chatham", "Pacific/Apia", "America/Santiago"])(
  "a day of %s begins at its midnight, and has 23 to 25 hours",
  (timeZone) => {
    const starts = midnights(timeZone, 2026);
    let time = 0;
    const today = createDayClock(() => time, timeZone);
    for (const [index, start] of starts.entries()) {
      time = start - 1;
      const before = today();
      time = start;
      expect(today(), new Date(start).toISOString()).toBe(addDays(before, 1));
      const hours = ((starts[index + 1] ?? start + 86_400_000) - start) / 3_600_000;
      expect([23, 24, 25]).toContain(hours);
    }
  },
);

test("`Intl` is asked when a day turns, at most ten times, and never in between or for UTC", () => {
  const made = vi.spyOn(Intl, "DateTimeFormat");
  const asked = vi.spyOn(Intl.DateTimeFormat.prototype, "formatToParts");
  let time = Date.parse("2026-03-28T12:00:00Z");
  const utc = createDayClock(() => time);
  const berlin = createDayClock(() => time, "Europe/Berlin");
  utc();
  expect([made.mock.calls.length, asked.mock.calls.length]).toEqual([0, 0]);
  for (let day = 0; day < 3; day += 1) {
    berlin();
    expect(asked.mock.calls.length).toBeLessThanOrEqual(10);
    asked.mockClear();
    for (let minute = 0; minute < 60; minute += 1) {
      time += 60_000;
      berlin();
    }
    expect(asked.mock.calls.length).toBe(0);
    time += 86_400_000;
  }
  expect(made.mock.calls.length).toBe(1);
  vi.restoreAllMocks();
});
