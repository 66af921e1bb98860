import { type Counts, getSeries, getTotals, type Period, type Point, type Totals } from "./api.ts";
import { periodBefore, periodOf, type Range } from "./range.ts";

/** The numbers of a site or of one of its pages. */
export interface Numbers {
  readonly site: string;
  readonly page: string | null;
  readonly period: Period;
  readonly points: readonly Point[];
  /** The period that this one is compared with, and its days; `null`: none. */
  readonly before: { readonly period: Period; readonly points: readonly Point[] } | null;
  /** All visits ever. */
  readonly total: Counts;
  readonly today: Counts;
}

/** What a period of all days shows at least. */
const LEAST_DAYS = 30;

/** Reads the numbers of a site or a page: its days, those of the period before, and its totals. */
export async function loadNumbers(site: string, page: string | null, range: Range, today: string, signal: AbortSignal): Promise<Numbers> {
  const period = periodOf(range, today);
  const before = periodBefore(range, period);
  const [{ points }, totals] = await Promise.all([
    getSeries(site, page, { from: before?.from ?? period.from, to: period.to }, signal),
    getTotals(site, page === null ? [] : [page], signal),
  ]);
  const own = points.filter(({ date }) => date >= period.from);
  const shown = range === "all" ? fromFirstVisit(own) : own;
  return {
    site,
    page,
    period: { from: shown[0]?.date ?? period.from, to: period.to },
    points: shown,
    before: before && { period: before, points: points.filter(({ date }) => date >= before.from && date <= before.to) },
    ...totalsOf(
      totals,
      page,
      points.find(({ date }) => date === today),
    ),
  };
}

function fromFirstVisit(points: readonly Point[]): readonly Point[] {
  const first = points.findIndex(({ visits }) => visits > 0);
  return points.slice(Math.min(first === -1 ? points.length : first, Math.max(0, points.length - LEAST_DAYS)));
}

/** Today's numbers are those of the chart, where it has today: they are one with it. */
function totalsOf(totals: Totals, page: string | null, lastDay: Counts | undefined): { total: Counts; today: Counts } {
  const own = page === null ? undefined : totals.pages[0];
  if (page !== null) {
    return { total: counts(own?.visits, own?.visitors), today: lastDay ?? counts(own?.visitsToday, own?.visitorsToday) };
  }
  const { siteVisits, siteVisitors, siteVisitsToday, siteVisitorsToday } = totals;
  return { total: counts(siteVisits, siteVisitors), today: lastDay ?? counts(siteVisitsToday, siteVisitorsToday) };
}

function counts(visits = 0, visitors?: number): Counts {
  return { visits, ...(visitors !== undefined && { visitors }) };
}
