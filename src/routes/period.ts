import { addDays, countDays, parseDay } from "../domain/day.ts";
import { InvalidInput } from "../domain/invalid.ts";
import type { Period } from "../domain/store.ts";

/** The longest period, in days. */
export const MAX_PERIOD_DAYS = 1_830;
/** The period of a request that names none, in days. */
export const DEFAULT_DAYS = 30;

/** No day is before it. */
const FIRST_DAY = "0001-01-01";

/** The period that a query names: by default the last 30 days up to `to`, which by default is today. */
export function parsePeriod(query: { from?: string | undefined; to?: string | undefined }, today: string): Period {
  const to = query.to === undefined ? today : parseDay("to", query.to);
  const monthBefore = addDays(to, 1 - DEFAULT_DAYS);
  const from = query.from === undefined ? (monthBefore < FIRST_DAY ? FIRST_DAY : monthBefore) : parseDay("from", query.from);
  const days = countDays(from, to);
  if (days < 1) throw new InvalidInput(`from is ${from} and to is ${to}; allowed is a from that is not after to.`);
  if (days > MAX_PERIOD_DAYS) throw new InvalidInput(`from ${from} to ${to} is ${days} days; allowed are at most ${MAX_PERIOD_DAYS}.`);
  return { from, to };
}
