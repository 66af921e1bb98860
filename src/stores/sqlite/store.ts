import { applyTotals, isMisfit } from "../../domain/correction.ts";
import type { Addition, AdditionBatch, Batch, Correction, Misfit, NewTotals, Receipt, Refusal, Store, Totals } from "../../domain/store.ts";
import { sumForSite, tally } from "../../domain/tally.ts";
import type { SaltStore } from "../../domain/visitors/salts.ts";
import { createCounts, SITE } from "./counts.ts";
import { attempt } from "./failure.ts";
import { createMarks } from "./marks.ts";
import { createSqliteSalts } from "./salts.ts";
import type { Row, Sql } from "./sql.ts";
import * as statements from "./statements.ts";
import { HAS_VISITORS } from "./visitor-statements.ts";
import { createVisitorCleaning, createVisitors } from "./visitors.ts";

/** Additions in one statement: with a year of days each, their JSON is below a Durable Object's limit of 2 MB. */
const ADDITIONS_PER_STATEMENT = 100;
/** Pages that one transaction removes: with years of days each, it holds the database for a tenth of a second. */
const PAGES_REMOVED = 50;

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
  const marks = createMarks(sql, now);
  const counts = createCounts(sql, options.visitors);
  /** What to do once the transaction is durable. */
  const whenDurable: (() => void)[] = [];

  function commit(batch: Batch): Receipt {
    const { site, expireAt } = batch;
    const known = marks.find(site, "batch", batch.id);
    if (known !== null) return JSON.parse(known);
    const refused = marks.claimVisits(batch);
    const counted = batch.visits.filter((_, index) => !refused[index]);
    count(site, tally(counted));
    if (visitors && counted.length > 0) whenDurable.push(visitors.count(site, counted));
    const pages = [...new Set(batch.visits.map(({ page }) => page))];
    const after = counts.read(site, pages, [...new Set(batch.visits.map(({ day }) => day))]);
    const receipt = { site: after.of(SITE), pages: Object.fromEntries(pages.map((page) => [page, after.of(page)])), refused };
    marks.claim(site, "batch", batch.id, JSON.stringify(receipt), expireAt);
    marks.forget(batch.visits.length + 1);
    return receipt;
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

  function add({ id, digest, site, additions, expireAt }: AdditionBatch): "added" | Refusal {
    if (!marks.claim(site, "addition", id, digest, expireAt)) {
      return marks.find(site, "addition", id) === digest ? "duplicate" : "conflict";
    }
    count(site, additions);
    visitors?.add(site, additions);
    marks.forget(1);
    return "added";
  }

  function correct({ id, site, page, change, today, expireAt }: Correction): Totals | Misfit {
    if (marks.find(site, "correction", id) === null) {
      if (change !== "remove") {
        const misfit = set(site, page, change);
        if (misfit) return misfit;
      } else if (page !== null) {
        const [counter] = sql.exec<{ visits: number }>(statements.COUNTER, site, page);
        if (counter) remove(site, [{ page, visits: counter.visits }]);
      }
      marks.claim(site, "correction", id, "", expireAt);
    }
    marks.forget(1);
    return counts.totals(site, page === null ? [] : [page], today);
  }

  /** Sets totals, and changes the site's visits by the same number. */
  function set(site: string, page: string | null, totals: NewTotals): Misfit | null {
    const [before = { visits: 0, dated: 0 }] = sql.exec<{ visits: number; dated: number }>(statements.COUNTER, site, page ?? SITE);
    const [unattributed] = sql.exec<{ visits: number }>(statements.UNATTRIBUTED, site);
    const bound = page === null ? before.visits - (unattributed?.visits ?? 0) : before.dated;
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

  function removeSome(site: string): boolean {
    const found = sql.exec<{ page: string; visits: number }>(statements.FIRST_PAGES, site, PAGES_REMOVED + 1);
    remove(site, found.slice(0, PAGES_REMOVED));
    if (found.length > PAGES_REMOVED) return false;
    for (const statement of statements.REMOVE_SITE) sql.exec(statement, site);
    cleaning?.removeSite(site);
    return true;
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
    totals: (...args) => attempt(() => counts.totals(...args)),
    has: (site, page) => attempt(() => sql.exec(statements.COUNTER, site, page).length > 0),
    sites: () => attempt(() => counts.sites()),
    pages: (...args) => attempt(() => counts.pages(...args)),
    names: (...args) => attempt(() => counts.names(...args)),
    some: (...args) => attempt(() => counts.some(...args)),
    top: (...args) => attempt(() => counts.top(...args)),
    days: (...args) => attempt(() => counts.days(...args)),
    correct: (correction) => write(() => correct(correction)),
    add: (batch) => write(() => add(batch)),
    removeSome: (site) => write(() => removeSome(site)),
    ...createSqliteSalts(sql, purge),
    ping: () => attempt(() => void sql.exec<Row>("select 1")),
  };
}
