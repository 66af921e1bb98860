import { invalid } from "./invalid.ts";

/** A day, in milliseconds. */
export const DAY_MS = 86_400_000;
/** An hour, in milliseconds. */
export const HOUR_MS = 3_600_000;

/** The UTC day of a time (milliseconds since 1970) as `YYYY-MM-DD`. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, "YYYY-MM-DD".length);
}

/** A function that answers the clock's day in a time zone. */
export type DayClock = () => string;

/** Midnights of all zones, with and without daylight saving time, are at multiples of this. */
const QUARTER_MS = 900_000;
/** No day is longer, counted in quarters of an hour: it has 25 hours where a clock is set back, and the first may have begun. */
const DAY_QUARTERS = 26 * 4;

/**
 * A clock of days, which begin at the midnight of a zone. Only when a day turns it asks `Intl` for the day and when it ends: some ten
 * questions. UTC never needs `Intl`, which takes milliseconds to load.
 *
 * @param now milliseconds since 1970
 * @param timeZone an IANA name
 */
export function createDayClock(now: () => number, timeZone = "UTC"): DayClock {
  const zone = timeZone === "UTC" ? { dayAt: dayOf, endAfter: (_: number, day: string) => Date.parse(day) + DAY_MS } : createZone(timeZone);
  let day = "";
  let start = 0;
  let end = 0;
  return () => {
    const time = now();
    if (time < start || time >= end) {
      day = zone.dayAt(time);
      start = time;
      end = zone.endAfter(time, day);
    }
    return day;
  };
}

/** The days of a zone other than UTC. */
function createZone(timeZone: string) {
  let format: Intl.DateTimeFormat | undefined;

  function dayAt(time: number): string {
    format ??= new Intl.DateTimeFormat("en-US", { timeZone, calendar: "gregory", year: "numeric", month: "2-digit", day: "2-digit" });
    const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
    return `${parts["year"]}-${parts["month"]}-${parts["day"]}`;
  }

  /** When the day that is at `time` ends. By halves: a day of a zone has 23 to 25 hours. */
  function endAfter(time: number, day: string): number {
    const first = Math.floor(time / QUARTER_MS);
    let [within, behind] = [0, DAY_QUARTERS];
    while (behind - within > 1) {
      const middle = (within + behind) >> 1;
      if (dayAt((first + middle) * QUARTER_MS) === day) within = middle;
      else behind = middle;
    }
    return (first + behind) * QUARTER_MS;
  }

  return { dayAt, endAfter };
}

/** Parses a day that exists, from 0001-01-01 to 9999-12-31; throws `InvalidInput`. */
export function parseDay(field: string, text: string): string {
  const time = /^(?!0000)\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time) || dayOf(time) !== text) invalid(field, text, 'a day that exists, as "YYYY-MM-DD"');
  return text;
}

/** The day `count` days later; earlier where `count` is negative. */
export function addDays(day: string, count: number): string {
  return dayOf(Date.parse(day) + count * DAY_MS);
}

/** The number of days of a period, both ends included. */
export function countDays(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
}

/** Every day of a period, in order. */
export function daysBetween(from: string, to: string): string[] {
  return Array.from({ length: countDays(from, to) }, (_, index) => addDays(from, index));
}
