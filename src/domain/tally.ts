import type { Addition, Days, Visit } from "./store.ts";

/** An addition while it is summed up. */
interface Sum extends Addition {
  visits: number;
  readonly days: Record<string, number>;
}

/** Sums up visits by page, and by day within a page. */
export function tally(visits: Iterable<Visit>): Addition[] {
  const sums = new Map<string, Sum>();
  for (const { page, day } of visits) {
    const sum = sums.get(page) ?? { page, visits: 0, days: {} };
    sums.set(page, sum);
    sum.visits += 1;
    sum.days[day] = (sum.days[day] ?? 0) + 1;
  }
  return [...sums.values()];
}

/** Sums up additions as one addition to `page`. */
export function sumAs(page: string, additions: readonly Addition[]): Addition {
  const sum: Sum = { page, visits: 0, days: {} };
  for (const { visits, days } of additions) {
    sum.visits += visits;
    addCounts(sum.days, days);
  }
  return sum;
}

/** Adds `days` to `sum` in place; with `sign` -1 subtracts them. */
export function addCounts(sum: Record<string, number>, days: Days, sign: 1 | -1 = 1): void {
  for (const [day, visits] of Object.entries(days)) sum[day] = (sum[day] ?? 0) + sign * visits;
}
