import { applyTotals, isMisfit } from "../../domain/correction.ts";
import { NO_COUNT } from "../../domain/numbers.ts";
import type {
  Addition,
  Batch,
  Correction,
  Count,
  Misfit,
  NewTotals,
  PageTotal,
  Period,
  Receipt,
  Store,
  Totals,
} from "../../domain/store.ts";
import { sumForSite, tally } from "../../domain/tally.ts";
import type { SaltStore } from "../../domain/visitors/salts.ts";
import { attempt } from "./failure.ts";
import { createSqliteSalts } from "./salts.ts";
import type { Row, Sql } from "./sql.ts";
import * as statements from "./statements.ts";
import { HAS_VISITORS } from "./visitor-statements.ts";
import { createVisitorCleaning, createVisitors } from "./visitors.ts";

/** The page that is the whole site. */
const SITE = "";
/** Expired marks that a write deletes, more than it inserts, so that deleting keeps pace with any load. */
const FORGOTTEN_PER_WRITE = 100;
/** Additions in one statement: with a year of days each, their JSON is below a Durable Object's limit of 2 MB. */
const ADDITIONS_PER_STATEMENT = 100;
/** Pages that one transaction removes: with years of days each, it holds the database for a tenth of a second. */
const PAGES_REMOVED = 50;
const NO_PERIOD: Period = { from: "", to: "" };

type CountRow = { page: string; visits: number; days: string; visitors?: number; visitorDays?: string };

/** The store and, where it has visitors, its salts. */
export type SqliteStore = Omit<Store, "close"> & SaltStore;

/**
 * The store on SQLite, over any binding; its opener closes the binding. Each call is one transaction or one statement and runs
 * synchronously, so calls are atomic and no deadline is needed. Creates missing tables; throws the binding's error where it cannot.
 *
 * @param options.now milliseconds since 1970
 * @param options.visitors whether to estimate visitors: without, nothing is stored of them
 * @param options.purge destroys what the binding may still have of deleted salts
 */
export function createSqliteStore(sql: Sql, options: { now: () => number; visitors: boolean; purge: () => void }): SqliteStore {
  const { now, purge } = options;
  const visitors = sql.transaction(() => {
    for (const statement of statements.SCHEMA) sql.exec(statement);
    return options.visitors ? createVisitors(sql, now) : null;
  });
  // Also where visitors are off by now.
  const cleaning = sql.exec(HAS_VISITORS).length > 0 ? createVisitorCleaning(sql) : null;
  const reads = statements.createReads(options.visitors);
  const none: Count = { ...NO_COUNT, visitors: visitors && { total: 0, days: {} } };
  /** What to do once the transaction is durable. */
  const whenDurable: (() => void)[] = [];

  function commit(batch: Batch): Receipt {
    const { site, expireAt } = batch;
    const [known] = sql.exec<{ value: string }>(statements.MARK, site, "batch", batch.id);
    if (known) return JSON.parse(known.value);
    const refused = refuse(batch);
    const counted = batch.visits.filter((_, index) => !refused[index]);
    count(site, tally(counted));
    if (visitors && counted.length > 0) whenDurable.push(visitors.count(site, counted));
    const pages = [...new Set(batch.visits.map(({ page }) => page))];
    const { counts } = readCounts(site, pages, [...new Set(batch.visits.map(({ day }) => day))]);
    const receipt = { site: counts(SITE), pages: Object.fromEntries(pages.map((page) => [page, counts(page)])), refused };
    claim(site, "batch", batch.id, JSON.stringify(receipt), expireAt);
    forget(batch.visits.length + 1);
    return receipt;
  }

  /** Marks the batch's ids as used; answers the pages that those have counted which already were, by their visits' index. */
  function refuse({ site, visits, expireAt }: Batch): Record<number, string> {
    const named = visits.flatMap(({ id, page }) => (id === null ? [] : [{ id, page }]));
    if (named.length === 0) return {};
    const claimed = sql.exec<{ id: string }>(statements.CLAIM_VISITS, site, JSON.stringify(named), expireAt);
    if (claimed.length === named.length) return {};
    const fresh = new Set(claimed.map(({ id }) => id));
    const used = JSON.stringify(named.flatMap(({ id }) => (fresh.has(id) ? [] : [id])));
    const rows = sql.exec<{ id: string; page: string }>(statements.CLAIMED_PAGES, site, used);
    const pages = new Map<string | null, string>(rows.map(({ id, page }) => [id, page]));
    const refused: Record<number, string> = {};
    for (const [index, { id }] of visits.entries()) {
      const counted = pages.get(id);
      if (counted !== undefined) refused[index] = counted;
    }
    return refused;
  }

  /** Adds to pages and to their site. */
  function count(site: string, additions: readonly Addition[]): void {
    if (additions.length === 0) return;
    const sum = sumForSite(additions);
    const rows = [{ ...sum, page: SITE }, ...additions.filter(({ page }) => page !== null)].map(({ page, visits, days }) => ({
      page,
      visits,
      days,
    }));
    for (let start = 0; start < rows.length; start += ADDITIONS_PER_STATEMENT) {
      const json = JSON.stringify(rows.slice(start, start + ADDITIONS_PER_STATEMENT));
      sql.exec(statements.ADD_VISITS, site, json);
      sql.exec(statements.ADD_DAYS, site, json);
    }
    for (const { page, visits } of additions) if (page === null) sql.exec(statements.ADD_UNATTRIBUTED, site, visits);
  }

  /** Sets totals, and changes the site's visits by the same number. */
  function set(site: string, page: string | null, totals: NewTotals): Misfit | null {
    const [before = { visits: 0, dated: 0 }] = sql.exec<{ visits: number; dated: number }>(statements.COUNTER, site, page ?? SITE);
    const bound = page === null ? before.visits - unattributed(site) : before.dated;
    const visitorsBefore = visitors?.totals(site, page ?? SITE) ?? null;
    const after = applyTotals({ visits: before.visits, bound, visitors: visitorsBefore }, totals);
    if (isMisfit(after)) return after;
    const change = after.visits - before.visits;
    const names = page === null ? [SITE] : [SITE, page];
    sql.exec(statements.ADD_VISITS, site, JSON.stringify(names.map((name) => ({ page: name, visits: change }))));
    if (page === null) sql.exec(statements.ADD_UNATTRIBUTED, site, change);
    else if (totals.dropDays) dropDays(site, [page]);
    if (after.start !== null) visitors?.setStart(site, page ?? SITE, after.start);
    return null;
  }

  /** Removes counters of pages, and their numbers from the site's. */
  function remove(site: string, counters: readonly { readonly page: string; readonly visits: number }[]): void {
    if (counters.length === 0) return;
    const pages = counters.map(({ page }) => page);
    const visits = counters.reduce((sum, counter) => sum - counter.visits, 0);
    sql.exec(statements.ADD_VISITS, site, JSON.stringify([{ page: SITE, visits }]));
    sql.exec(statements.REMOVE, site, JSON.stringify(pages));
    dropDays(site, pages);
    cleaning?.removePages(site, pages);
  }

  function dropDays(site: string, pages: readonly string[]): void {
    sql.exec(statements.TAKE_DAYS, site, JSON.stringify(pages));
    sql.exec(statements.DROP_DAYS, site, JSON.stringify(pages));
    cleaning?.dropDays(site, pages);
  }

  function correct({ id, site, page, change, today, expireAt }: Correction): Totals | Misfit {
    const pages = page === null ? [] : [page];
    if (sql.exec(statements.MARK, site, "correction", id).length === 0) {
      if (change !== "remove") {
        const misfit = set(site, page, change);
        if (misfit) return misfit;
      } else if (page !== null) {
        remove(
          site,
          sql.exec<{ visits: number }>(statements.COUNTER, site, page).map(({ visits }) => ({ page, visits })),
        );
      }
      claim(site, "correction", id, "", expireAt);
    }
    forget(1);
    return totals(site, pages, today);
  }

  function removeSome(site: string): boolean {
    const found = sql.exec<{ page: string; visits: number }>(statements.FIRST_PAGES, site, PAGES_REMOVED + 1);
    remove(site, found.slice(0, PAGES_REMOVED));
    if (found.length > PAGES_REMOVED) return false;
    for (const statement of statements.REMOVE_SITE) sql.exec(statement, site);
    cleaning?.removeSite(site);
    return true;
  }

  function totals(site: string, pages: readonly string[], today: string): Totals {
    const { counts, unattributed } = readCounts(site, pages, [today]);
    return { site: counts(SITE), unattributed, pages: pages.map(counts) };
  }

  /** The counters of a site and of some of its pages, by name, with these days. */
  function readCounts(site: string, pages: readonly string[], days: readonly string[]) {
    const names = JSON.stringify([SITE, ...pages]);
    const rows = sql.exec<CountRow & { unattributed: number }>(reads.totals, site, names, JSON.stringify(days));
    const known = new Map(rows.map((row) => [row.page, toCount(row)]));
    const unattributed = rows.reduce((sum, row) => sum + row.unattributed, 0);
    return { counts: (page: string): Count => known.get(page) ?? none, unattributed };
  }

  function unattributed(site: string): number {
    return sql.exec<{ visits: number }>(statements.UNATTRIBUTED, site)[0]?.visits ?? 0;
  }

  /** Marks an id as used; `false` where it already was. */
  function claim(site: string, kind: string, id: string, value: string, expireAt: number): boolean {
    return sql.exec(statements.CLAIM, site, kind, id, value, expireAt).length > 0;
  }

  /** Deletes expired marks; `inserted` is how many the transaction has added. */
  function forget(inserted: number): void {
    sql.exec(statements.FORGET, now(), FORGOTTEN_PER_WRITE + inserted);
  }

  function list(statement: string, site: string, limit: number, period: Period | null, ...more: string[]): PageTotal[] {
    const { from, to } = period ?? NO_PERIOD;
    return sql.exec<CountRow>(statement, site, limit, from, to, ...more).map((row) => ({ page: row.page, ...toCount(row) }));
  }

  const write = <T>(body: () => T): Promise<T> =>
    attempt(() => {
      whenDurable.length = 0;
      const result = sql.transaction(body);
      for (const run of whenDurable) run();
      return result;
    });

  return {
    name: "sqlite",
    commit: (batch) => write(() => commit(batch)),
    totals: (site, pages, today) => attempt(() => totals(site, pages, today)),
    has: (site, page) => attempt(() => sql.exec(statements.COUNTER, site, page).length > 0),
    sites: () =>
      attempt(() =>
        sql
          .exec<{ site: string; visits: number; unattributed: number; visitors?: number }>(reads.sites)
          .map((row) => ({ ...row, visitors: row.visitors === undefined ? null : Math.min(row.visits, row.visitors) })),
      ),
    pages: (site, after, limit, period) => attempt(() => list(reads.pages, site, limit, period, after ?? SITE)),
    names: (site, after, limit) =>
      attempt(() => sql.exec<{ page: string }>(statements.NAMES, site, after ?? SITE, limit).map(({ page }) => page)),
    some: (site, pages, period) => attempt(() => list(reads.some, site, pages.length, period, JSON.stringify(pages))),
    top: (site, limit, period) => attempt(() => list(period ? reads.topInPeriod : reads.top, site, limit, period)),
    days: (site, page, period) =>
      attempt(() => {
        const [{ visits, days, visitors: shown } = none] = list(reads.one, site, 1, period, page ?? SITE);
        return { visits, days, visitors: shown };
      }),
    correct: (correction) => write(() => correct(correction)),
    add: ({ id, digest, site, additions, expireAt }) =>
      write(() => {
        if (!claim(site, "addition", id, digest, expireAt)) {
          const [known] = sql.exec<{ value: string }>(statements.MARK, site, "addition", id);
          return known?.value === digest ? "duplicate" : "conflict";
        }
        count(site, additions);
        visitors?.add(site, additions);
        forget(1);
        return "added";
      }),
    removeSome: (site) => write(() => removeSome(site)),
    ...createSqliteSalts(sql, purge),
    ping: () => attempt(() => void sql.exec<Row>("select 1")),
  };
}

function toCount({ visits, days, visitors, visitorDays }: CountRow): Count {
  if (visitors === undefined) return { visits, days: JSON.parse(days), visitors: null };
  return { visits, days: JSON.parse(days), visitors: { total: Math.min(visits, visitors), days: JSON.parse(visitorDays ?? "{}") } };
}
