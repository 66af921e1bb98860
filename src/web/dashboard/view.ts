import { addDays, countDays } from "../../domain/day.ts";
import type { Period } from "./api.ts";

/** What the dashboard shows; the address holds it, so that it can be kept and shared. */
export interface View {
  /** `null`: the one with the most visits. */
  readonly site: string | null;
  /** `null`: the whole site. */
  readonly page: string | null;
  /** The last so many days, or two days. */
  readonly range: number | Period;
}

/** The longest period that the API answers, in days. */
const MAX_DAYS = 1_830;
const DEFAULT_DAYS = 30;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Today in UTC. */
export const today = (): string => new Date().toISOString().slice(0, 10);

/** The days from one to another, both included. */
export const daysIn = ({ from, to }: Period): number => countDays(from, to);

/** The days that a range means now. */
export function periodOf(range: View["range"]): Period {
  return typeof range === "number" ? { from: addDays(today(), 1 - range), to: today() } : range;
}

/** Why a period cannot be shown, or `null`. */
export function problemOf(period: Period): string | null {
  if (!isDay(period.from) || !isDay(period.to)) return "Both days are needed.";
  if (period.from > period.to) return "The first day is after the last.";
  return daysIn(period) > MAX_DAYS ? `These are ${daysIn(period)} days; at most ${MAX_DAYS} can be shown.` : null;
}

function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(Date.parse(text));
}

/** Reads the address; what makes no sense in it is as if it were not there. */
export function readView(search: string): View {
  const query = new URLSearchParams(search);
  const days = Number(query.get("days"));
  const period = { from: query.get("from") ?? "", to: query.get("to") ?? "" };
  const last = Number.isInteger(days) && days >= 1 && days <= MAX_DAYS ? days : DEFAULT_DAYS;
  return { site: query.get("site"), page: query.get("page"), range: problemOf(period) === null ? period : last };
}

/** Writes the address of a view. */
export function addressOf({ site, page, range }: View): string {
  const query = new URLSearchParams({
    ...(site !== null && { site }),
    ...(page !== null && { page }),
    ...(typeof range === "object" ? { from: range.from, to: range.to } : range !== DEFAULT_DAYS && { days: String(range) }),
  });
  return query.size > 0 ? `/?${query}` : "/";
}
