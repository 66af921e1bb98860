import type { Addition, Visit } from "../../domain/store.ts";

/** Visits summed up by page, and there by day. */
export function tally(visits: Iterable<Visit>): Addition[] {
  const sums = new Map<string, { page: string; visits: number; days: Record<string, number> }>();
  for (const { page, day } of visits) {
    const sum = sums.get(page) ?? { page, visits: 0, days: {} };
    sums.set(page, sum);
    sum.visits += 1;
    sum.days[day] = (sum.days[day] ?? 0) + 1;
  }
  return [...sums.values()];
}

/** Additions summed up as one, to `page`. */
export function sumAs(page: string, additions: readonly Addition[]): Addition {
  const days: Record<string, number> = {};
  let visits = 0;
  for (const addition of additions) {
    visits += addition.visits;
    for (const [day, count] of Object.entries(addition.days)) days[day] = (days[day] ?? 0) + count;
  }
  return { page, visits, days };
}
