import type { Totals } from "../domain/store.ts";

/** A page's total and its site's, in the order in which answers have them. */
export interface PageTotals {
  readonly site: string;
  readonly page: string;
  readonly visits: number;
  readonly siteVisits: number;
}

/** What the totals of one page say. */
export function totalsOf(site: string, page: string, { visits: [visits = 0], siteVisits }: Totals): PageTotals {
  return { site, page, visits, siteVisits };
}
