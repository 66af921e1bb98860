import { addDays } from "../../../domain/day.ts";
import type { Counts, Period, Point } from "./api.ts";

/** What one bar stands for. */
export const UNITS = ["day", "week", "month"] as const;
export type Unit = (typeof UNITS)[number];

/** The days of one bar, in the period. */
export interface Bucket extends Counts, Period {
  /** It has today, which goes on. */
  readonly unfinished: boolean;
}

/** More days than this are shown by week, more than {@link MOST_WEEKLY_DAYS} by month: the eye could not part their bars. */
const MOST_DAYS = 90;
const MOST_WEEKLY_DAYS = 731;

/** The unit in which so many days are shown, unless the reader chooses another. */
export function unitFor(days: number): Unit {
  return days <= MOST_DAYS ? "day" : days <= MOST_WEEKLY_DAYS ? "week" : "month";
}

/** Sums days by unit. Weeks begin on Monday. */
export function bucketsOf(points: readonly Point[], unit: Unit, today: string): Bucket[] {
  const buckets = new Map<string, Point[]>();
  for (const point of points) {
    const start = startOf(point.date, unit);
    const known = buckets.get(start);
    if (known) known.push(point);
    else buckets.set(start, [point]);
  }
  return [...buckets.values()].map((days) => {
    const [from, to] = [days.at(0)?.date ?? today, days.at(-1)?.date ?? today];
    return { from, to, ...sum(days), unfinished: from <= today && today <= to };
  });
}

function startOf(date: string, unit: Unit): string {
  if (unit === "day") return date;
  if (unit === "month") return date.slice(0, 7);
  const weekday = (new Date(date).getUTCDay() + 6) % 7;
  return addDays(date, -weekday);
}

/** The visits of all; their visitors, where each has them. */
export function sum(points: readonly Counts[]): Counts {
  let visits = 0;
  let visitors: number | undefined = 0;
  for (const point of points) {
    visits += point.visits;
    visitors = visitors === undefined || point.visitors === undefined ? undefined : visitors + point.visitors;
  }
  return { visits, ...(visitors !== undefined && { visitors }) };
}

/** The one with the most visits, or `null` where there were none. */
export function busiest<T extends Counts>(points: readonly T[]): T | null {
  return points.reduce<T | null>((most, point) => (point.visits > (most?.visits ?? 0) ? point : most), null);
}
