import type { Addition, Days, Visit } from "./store.ts";

/** An addition while it is summed up. */
export interface Sum extends Addition {
  visits: number;
  visitors: number;
  readonly days: Record<string, number>;
  readonly visitorDays: Record<string, number>;
}

/** An addition of nothing. */
export function nothingFor(page: string | null): Sum {
  return { page, visits: 0, days: {}, visitors: 0, visitorDays: {} };
}

/** Sums up visits by page, and by day within a page. Their visitors are no numbers yet. */
export function tally(visits: Iterable<Visit>): (Addition & { readonly page: string })[] {
  const sums = new Map<string, Sum & { readonly page: string }>();
  for (const { page, day } of visits) {
    const sum = sums.get(page) ?? { ...nothingFor(page), page };
    sums.set(page, sum);
    sum.visits += 1;
    sum.days[day] = (sum.days[day] ?? 0) + 1;
  }
  return [...sums.values()];
}

/** What additions add to their site: all visits, and the visitors of the site's own addition, as a page's may be the site's already. */
export function sumForSite(additions: readonly Addition[]): Addition {
  const sum = nothingFor(null);
  for (const addition of additions) {
    sum.visits += addition.visits;
    addCounts(sum.days, addition.days);
    if (addition.page !== null) continue;
    sum.visitors += addition.visitors;
    addCounts(sum.visitorDays, addition.visitorDays);
  }
  return sum;
}

/** The sum of all days. */
export function sumOf(days: Days): number {
  return Object.values(days).reduce((sum, count) => sum + count, 0);
}

/** Adds `days` to `sum` in place; with `sign` -1 subtracts them. */
export function addCounts(sum: Record<string, number>, days: Days, sign: 1 | -1 = 1): void {
  for (const [day, count] of Object.entries(days)) sum[day] = (sum[day] ?? 0) + sign * count;
}

/** The numbers of some days; days with 0 are absent. */
export function pick(days: Days, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.flatMap((day) => (days[day] ? [[day, days[day]]] : [])));
}

/** The days of a period that are not 0. */
export function within(days: Days, period: { readonly from: string; readonly to: string }): Record<string, number> {
  return Object.fromEntries(Object.entries(days).filter(([day, count]) => day >= period.from && day <= period.to && count !== 0));
}
