import { MAX_LINE_DAYS } from "../../../src/routes/import-lines.ts";

/** A line of an import, as the contract has it. */
export interface ImportLine {
  readonly page: string | null;
  readonly visits: number;
  readonly days?: Readonly<Record<string, number>>;
  readonly visitors?: number;
  readonly visitorDays?: Readonly<Record<string, number>>;
}

/** The numbers of a page, or of the site itself; those of days are part of the whole. */
export interface Total {
  visits: number;
  readonly days: Map<string, number>;
  visitors: number;
  readonly visitorDays: Map<string, number>;
}

/** Each day may have an entry in both. */
const DAYS_PER_LINE = MAX_LINE_DAYS / 2;

/** The lines that together say a total; the last one also has what bears no day. */
export function linesOf(page: string | null, { visits, days, visitors, visitorDays }: Total): ImportLine[] {
  const dates = [...new Set([...days.keys(), ...visitorDays.keys()])].sort();
  const count = Math.max(1, Math.ceil(dates.length / DAYS_PER_LINE));
  return Array.from({ length: count }, (_, index) => {
    const own = dates.slice(index * DAYS_PER_LINE, (index + 1) * DAYS_PER_LINE);
    const [dated, datedVisitors] = [pick(days, own), pick(visitorDays, own)];
    const undated = index === count - 1;
    const people = sum(datedVisitors.values()) + (undated ? visitors - sum(visitorDays.values()) : 0);
    return {
      page,
      visits: sum(dated.values()) + (undated ? visits - sum(days.values()) : 0),
      ...(dated.size > 0 && { days: Object.fromEntries(dated) }),
      ...(people > 0 && { visitors: people }),
      ...(datedVisitors.size > 0 && { visitorDays: Object.fromEntries(datedVisitors) }),
    };
  });
}

function pick(days: ReadonlyMap<string, number>, dates: readonly string[]): Map<string, number> {
  return new Map(dates.flatMap((date) => (days.has(date) ? [[date, days.get(date) ?? 0] as const] : [])));
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
