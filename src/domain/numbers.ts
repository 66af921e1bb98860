import type { Count } from "./store.ts";
import { atLeast } from "./visitors/shown.ts";

/** What is said of a page and its site, in the order and the words of answers. */
export interface Numbers extends Partial<VisitorNumbers> {
  readonly visits: number;
  readonly siteVisits: number;
  readonly visitsToday: number;
  readonly siteVisitsToday: number;
}

/** They are there where visitors are estimated. */
interface VisitorNumbers {
  readonly visitors: number;
  readonly siteVisitors: number;
  readonly visitorsToday: number;
  readonly siteVisitorsToday: number;
}

/** A counter without visits. */
export const NO_COUNT: Count = { visits: 0, days: {}, visitors: null };

/** What is said of a page and its site on a day. */
export function numbersOf(site: Count, page: Count, day: string): Numbers {
  const visits = {
    visits: page.visits,
    siteVisits: site.visits,
    visitsToday: page.days[day] ?? 0,
    siteVisitsToday: site.days[day] ?? 0,
  };
  if (!page.visitors || !site.visitors) return visits;
  const visitors = page.visitors.total;
  const visitorsToday = page.visitors.days[day] ?? 0;
  return {
    ...visits,
    visitors,
    siteVisitors: atLeast(site.visitors.total, [visitors]),
    visitorsToday,
    siteVisitorsToday: atLeast(site.visitors.days[day] ?? 0, [visitorsToday]),
  };
}

/** A counter as it was one visit of that day earlier. Its visitors shrink where they would be more than the visits. */
export function withoutVisit(count: Count, day: string): Count {
  const today = (count.days[day] ?? 0) - 1;
  const visits = count.visits - 1;
  const days = { ...count.days, [day]: today };
  if (!count.visitors) return { visits, days, visitors: null };
  const shown = count.visitors.days[day] ?? 0;
  const rest = Math.min(shown, today);
  const visitors = { total: Math.min(visits, count.visitors.total - (shown - rest)), days: { ...count.visitors.days, [day]: rest } };
  return { visits, days, visitors };
}
