import { getSeries, getSites, getTotal, type Period, type Point } from "./api.ts";
import { createPageList, type PageList } from "./page-list.ts";
import type { SiteTotal } from "./sites.ts";
import { periodOf, type View } from "./view.ts";

/** All that one view shows. */
export interface Snapshot {
  readonly sites: readonly SiteTotal[];
  readonly site: string;
  readonly period: Period;
  readonly points: readonly Point[];
  /** All visits of the site, or of the page. */
  readonly total: number;
  readonly pages: PageList;
  /** Told apart from the last one by its totals or its days. */
  readonly isNew: boolean;
}

/** Reads what a view shows; `null` where there is no site yet. What has not changed since the last snapshot is not read again. */
export async function load(view: View, last: Snapshot | null, signal: AbortSignal): Promise<Snapshot | null> {
  const { sites } = await getSites(signal);
  const chosen = sites.find(({ site }) => site === view.site) ?? sites.toSorted((one, other) => other.visits - one.visits)[0];
  if (!chosen) return null;
  const { site } = chosen;
  const period = periodOf(view.range);
  const samePeriod = last?.site === site && last.period.from === period.from && last.period.to === period.to;
  const before = last?.sites.find((one) => one.site === site)?.visits;
  if (last && samePeriod && before === chosen.visits) return { ...last, sites, isNew: changed(last.sites, sites) };
  const pages = samePeriod ? last.pages : createPageList(site, period);
  const [series, total] = await Promise.all([
    getSeries(site, view.page, period, signal),
    view.page === null ? chosen.visits : getTotal(site, view.page, signal).then((answer) => answer.pages[0]?.visits ?? 0),
    pages.refresh(signal),
  ]);
  return { sites, site, period, points: series.points, total, pages, isNew: true };
}

function changed(before: readonly SiteTotal[], after: readonly SiteTotal[]): boolean {
  const totals = new Map(before.map(({ site, visits }) => [site, visits]));
  return after.some(({ site, visits }) => totals.get(site) !== visits);
}
