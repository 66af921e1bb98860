import { type Numbers, numbersOf } from "../domain/numbers.ts";
import type { Totals } from "../domain/store.ts";
import { atLeast } from "../domain/visitors/shown.ts";

/** The numbers of a page and its site, in the order in which answers have them. */
export interface PageTotals extends Numbers {
  readonly site: string;
  readonly page: string;
}

/** What the totals of one page say of a day. */
export function totalsOf(site: string, page: string, { site: siteCount, pages: [count] }: Totals, today: string): PageTotals {
  return { site, page, ...numbersOf(siteCount, count ?? siteCount, today) };
}

/** The part of the numbers that is the site's. */
export interface SiteNumbers {
  readonly siteVisits: number;
  readonly siteVisitsToday: number;
  readonly siteVisitors?: number;
  readonly siteVisitorsToday?: number;
}

/** What the totals say of the site: its visitors are at least those of each page beside it. */
export function siteNumbersOf({ site, pages }: Totals, today: string): SiteNumbers {
  const { siteVisits, siteVisitsToday, siteVisitors, siteVisitorsToday } = numbersOf(site, site, today);
  if (siteVisitors === undefined || siteVisitorsToday === undefined) return { siteVisits, siteVisitsToday };
  const numbers = pages.map((page) => numbersOf(site, page, today));
  return {
    siteVisits,
    siteVisitsToday,
    siteVisitors: atLeast(
      siteVisitors,
      numbers.map(({ visitors = 0 }) => visitors),
    ),
    siteVisitorsToday: atLeast(
      siteVisitorsToday,
      numbers.map(({ visitorsToday = 0 }) => visitorsToday),
    ),
  };
}

/** The part of the numbers that is a page's, by name. */
export function pageNumbersOf({ site, pages }: Totals, names: readonly string[], today: string): ReadonlyMap<string, object> {
  return new Map(
    names.map((page, index) => {
      const { visits, visitsToday, visitors, visitorsToday } = numbersOf(site, pages[index] ?? site, today);
      return [page, { page, visits, visitsToday, ...(visitors !== undefined && { visitors, visitorsToday }) }];
    }),
  );
}
