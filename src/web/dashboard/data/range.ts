import { addDays, countDays, dayOf } from "../../../domain/day.ts";
import type { Period } from "./api.ts";

/** The periods that have a name: so many last days, or a part of the calendar. */
export const NAMED_RANGES = ["7", "30", "90", "month", "last-month", "365", "year", "all"] as const;
export type NamedRange = (typeof NAMED_RANGES)[number];
/** What is shown: a named period, which moves with the days, or two days. */
export type Range = NamedRange | Period;

/** The longest period that the API answers, in days. */
export const MAX_DAYS = 1_830;
export const DEFAULT_RANGE: Range = "30";
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The day that it is in a zone; in UTC where the browser does not know it. UTC needs no `Intl`, which is slow to load. */
export function todayIn(timeZone: string, now = new Date()): string {
  const inUtc = dayOf(now.getTime());
  if (timeZone === "UTC") return inUtc;
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
    // By parts: how a locale orders them differs among browsers.
    const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
    return `${parts["year"]}-${parts["month"]}-${parts["day"]}`;
  } catch {
    return inUtc;
  }
}

/** The days from one to another, both included. */
export const daysIn = ({ from, to }: Period): number => countDays(from, to);

/** The days that a range means today. */
export function periodOf(range: Range, today: string): Period {
  if (typeof range === "object") return range;
  switch (range) {
    case "month":
      return { from: monthStart(today), to: today };
    case "last-month": {
      const to = addDays(monthStart(today), -1);
      return { from: monthStart(to), to };
    }
    case "year":
      return { from: `${today.slice(0, 4)}-01-01`, to: today };
    case "all":
      return { from: addDays(today, 1 - MAX_DAYS), to: today };
    default:
      return { from: addDays(today, 1 - Number(range)), to: today };
  }
}

/** The period that a range is compared with: as many days of the month or year before, or the days just before. `null`: none. */
export function periodBefore(range: Range, period: Period): Period | null {
  if (range === "all") return null;
  const last = addDays(period.from, -1);
  const from = range === "month" || range === "last-month" ? monthStart(last) : range === "year" ? `${last.slice(0, 4)}-01-01` : null;
  const before = from === null ? { from: addDays(period.from, -daysIn(period)), to: last } : { from, to: sameLength(from, period, last) };
  return daysIn({ from: before.from, to: period.to }) > MAX_DAYS ? null : before;
}

function sameLength(from: string, period: Period, last: string): string {
  const to = addDays(from, daysIn(period) - 1);
  return to < last ? to : last;
}

const monthStart = (day: string): string => `${day.slice(0, 7)}-01`;

/** Why two days cannot be shown, or `null`. */
export function problemOf({ from, to }: Period): "datesMissing" | "datesReversed" | "datesTooMany" | null {
  if (!isDay(from) || !isDay(to)) return "datesMissing";
  if (from > to) return "datesReversed";
  return daysIn({ from, to }) > MAX_DAYS ? "datesTooMany" : null;
}

function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(Date.parse(text));
}
