import { addDays, countDays } from "../day.ts";
import { MAX_RANK, Sketch } from "./sketch.ts";

/** A rank has six bits. */
const RANKS = 64;
const FIRST_DAY = "1970-01-01";

/** The two maps in which a counter's registers are stored: today's, and yesterday's. */
export type DayMap = "even" | "odd";

/** Registers as stored, with what {@link packRank} made of their ranks. */
export type DayRanks = Iterable<readonly [register: number, value: number]>;

/** Days since 1970-01-01. */
export function dayNumber(day: string): number {
  return countDays(FIRST_DAY, day) - 1;
}

/** The map that a day's registers are in. */
export function mapOf(day: string): DayMap {
  return dayNumber(day) % 2 === 0 ? "even" : "odd";
}

/** A rank of a day as one integer, so that the larger of two is the newer day's or, on one day, the larger rank. */
export function packRank(day: string, rank: number): number {
  return dayNumber(day) * RANKS + rank;
}

/** The day and the rank of an integer; `null` where it is no {@link packRank}. */
export function unpackRank(value: number): { readonly day: string; readonly rank: number } | null {
  const rank = value % RANKS;
  if (!Number.isSafeInteger(value) || rank < 1 || rank > MAX_RANK) return null;
  return { day: addDays(FIRST_DAY, Math.floor(value / RANKS)), rank };
}

/** The sketch of one day; values of other days count as empty registers. */
export function sketchOf(values: DayRanks, day: string): Sketch {
  const sketch = new Sketch();
  const empty = packRank(day, 0);
  for (const [register, value] of values) sketch.add({ register, rank: value - empty });
  return sketch;
}

/** The newest day before `day` of which there are registers: the one to fold; `null` where there is none. */
export function newestBefore(values: DayRanks, day: string): string | null {
  const first = packRank(day, 0);
  let newest = 0;
  for (const [, value] of values) if (value < first && value > newest) newest = value;
  return unpackRank(newest)?.day ?? null;
}

/** Whether registers are of a day after tomorrow, which no right clock has sent. */
export function isAhead(values: DayRanks, today: string): boolean {
  const behind = packRank(addDays(today, 2), 0);
  for (const [, value] of values) if (value >= behind) return true;
  return false;
}
