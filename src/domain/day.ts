import { invalid } from "./invalid.ts";

/** A day, in milliseconds. */
const DAY_MS = 86_400_000;
/** An hour, in milliseconds. */
export const HOUR_MS = 3_600_000;

/** The UTC day of a time (milliseconds since 1970) as `YYYY-MM-DD`. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, "YYYY-MM-DD".length);
}

/** A function that answers the clock's UTC day, and formats it once a day only. */
export function createDayClock(now: () => number): () => string {
  let day = "";
  let start = 0;
  return () => {
    const time = now();
    if (time < start || time >= start + DAY_MS || day === "") {
      day = dayOf(time);
      start = Date.parse(day);
    }
    return day;
  };
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
