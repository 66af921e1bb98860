import { NO_COUNT } from "../../domain/numbers.ts";
import type { Count, PageTotal, Period, SiteTotal, Totals } from "../../domain/store.ts";
import type { Sql } from "./sql.ts";
import * as statements from "./statements.ts";

/** The page that is the whole site. */
export const SITE = "";
const NO_PERIOD: Period = { from: "", to: "" };

type CountRow = { page: string; visits: number; days: string; visitors?: number; visitorDays?: string };
type SiteRow = { site: string; visits: number; unattributed: number; visitors?: number };

/** Reads of counters: each is one statement, so one snapshot. */
interface Counts {
  /** The counters of a site ({@link SITE}) and of some of its pages, by name, with these days. */
  read(site: string, pages: readonly string[], days: readonly string[]): { of(page: string): Count; readonly unattributed: number };
  totals(site: string, pages: readonly string[], today: string): Totals;
  sites(): readonly SiteTotal[];
  names(site: string, after: string | null, limit: number): string[];
  pages(site: string, after: string | null, limit: number, period: Period | null): PageTotal[];
  some(site: string, pages: readonly string[], period: Period | null): PageTotal[];
  top(site: string, limit: number, period: Period | null): PageTotal[];
  days(site: string, page: string | null, period: Period): Count;
}

/** @param visitors whether there are visitors to read */
export function createCounts(sql: Sql, visitors: boolean): Counts {
  const reads = statements.createReads(visitors);
  const none: Count = { ...NO_COUNT, visitors: visitors ? { total: 0, days: {} } : null };

  function read(site: string, pages: readonly string[], days: readonly string[]) {
    const names = JSON.stringify([SITE, ...pages]);
    const rows = sql.exec<CountRow & { unattributed: number }>(reads.totals, site, names, JSON.stringify(days));
    const known = new Map(rows.map((row) => [row.page, toCount(row)]));
    const unattributed = rows.reduce((sum, row) => sum + row.unattributed, 0);
    return { of: (page: string): Count => known.get(page) ?? none, unattributed };
  }

  function list(statement: string, site: string, limit: number, period: Period | null, ...more: string[]): PageTotal[] {
    const { from, to } = period ?? NO_PERIOD;
    return sql.exec<CountRow>(statement, site, limit, from, to, ...more).map((row) => ({ page: row.page, ...toCount(row) }));
  }

  return {
    read,
    totals(site, pages, today) {
      const { of, unattributed } = read(site, pages, [today]);
      return { site: of(SITE), unattributed, pages: pages.map(of) };
    },
    sites: () =>
      sql.exec<SiteRow>(reads.sites).map((row) => {
        return { ...row, visitors: row.visitors === undefined ? null : Math.min(row.visits, row.visitors) };
      }),
    names: (site, after, limit) => sql.exec<{ page: string }>(statements.NAMES, site, after ?? SITE, limit).map(({ page }) => page),
    pages: (site, after, limit, period) => list(reads.pages, site, limit, period, after ?? SITE),
    some: (site, pages, period) => list(reads.some, site, pages.length, period, JSON.stringify(pages)),
    top: (site, limit, period) => list(period ? reads.topInPeriod : reads.top, site, limit, period),
    days(site, page, period) {
      const [{ visits, days, visitors: shown } = none] = list(reads.one, site, 1, period, page ?? SITE);
      return { visits, days, visitors: shown };
    },
  };
}

function toCount({ visits, days, visitors, visitorDays }: CountRow): Count {
  if (visitors === undefined) return { visits, days: JSON.parse(days), visitors: null };
  return { visits, days: JSON.parse(days), visitors: { total: Math.min(visits, visitors), days: JSON.parse(visitorDays ?? "{}") } };
}
