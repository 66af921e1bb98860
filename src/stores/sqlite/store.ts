import type { Addition, Batch, PageTotal, Receipt, Refusal, Store, Totals } from "../../domain/store.ts";
import { sumAs, tally } from "../../domain/tally.ts";
import { toStoreError } from "./failure.ts";
import type { Row, Sql } from "./sql.ts";
import * as statements from "./statements.ts";

/** The page that is the whole site. */
const SITE = "";
/** Expired marks that a write deletes, more than it inserts, so that deleting keeps pace with any load. */
const FORGOTTEN_PER_WRITE = 100;
/** Additions in one statement: with a year of days each, their JSON is below a Durable Object's limit of 2 MB. */
const ADDITIONS_PER_STATEMENT = 100;
const NO_PERIOD = { from: "", to: "" };

type PageRow = { page: string; visits: number; days: string };

/**
 * The store on SQLite, over any binding; its opener closes the binding. Each call is one transaction or one statement and runs
 * synchronously, so calls are atomic and no deadline is needed. Creates missing tables; throws the binding's error where it cannot.
 *
 * @param now milliseconds since 1970
 */
export function createSqliteStore(sql: Sql, now: () => number): Omit<Store, "close"> {
  sql.transaction(() => {
    for (const statement of statements.SCHEMA) sql.exec(statement);
  });

  function commit(batch: Batch): Receipt {
    const { site, expireAt } = batch;
    const [known] = sql.exec<{ value: string }>(statements.MARK, site, "batch", batch.id);
    if (known) return JSON.parse(known.value);
    const refused = refuse(batch);
    count(site, tally(batch.visits.filter((_, index) => !refused[index])));
    const pages = [...new Set(batch.visits.map(({ page }) => page))];
    const { siteVisits, visits } = totals(site, pages);
    const receipt = { siteVisits, visits: Object.fromEntries(pages.map((page, index) => [page, visits[index] ?? 0])), refused };
    claim(site, "batch", batch.id, JSON.stringify(receipt), expireAt);
    forget(batch.visits.length + 1);
    return receipt;
  }

  /** Marks the batch's ids as used; answers the visits whose ids already were, by their index. */
  function refuse({ site, visits, expireAt }: Batch): Record<number, Refusal> {
    const named = visits.filter(({ id }) => id !== null);
    if (named.length === 0) return {};
    const claimed = sql.exec<{ id: string }>(statements.CLAIM_VISITS, site, JSON.stringify(named), expireAt);
    if (claimed.length === named.length) return {};
    const fresh = new Set(claimed.map(({ id }) => id));
    const used = JSON.stringify(named.flatMap(({ id }) => (id === null || fresh.has(id) ? [] : [id])));
    const rows = sql.exec<{ id: string; page: string }>(statements.CLAIMED_PAGES, site, used);
    const pages = new Map<string | null, string>(rows.map(({ id, page }) => [id, page]));
    const refused: Record<number, Refusal> = {};
    for (const [index, { id, page }] of visits.entries()) {
      const other = pages.get(id);
      if (other !== undefined) refused[index] = other === page ? "duplicate" : "conflict";
    }
    return refused;
  }

  /** Adds to pages and to their site. */
  function count(site: string, additions: readonly Addition[]): void {
    if (additions.length === 0) return;
    const all = [sumAs(SITE, additions), ...additions];
    for (let start = 0; start < all.length; start += ADDITIONS_PER_STATEMENT) {
      const json = JSON.stringify(all.slice(start, start + ADDITIONS_PER_STATEMENT));
      sql.exec(statements.ADD_VISITS, site, json);
      sql.exec(statements.ADD_DAYS, site, json);
    }
  }

  /** Sets a page's total and changes the site's by the same number; removes days that no longer fit. */
  function set(site: string, page: string, visits: number | null): void {
    const [before] = sql.exec<{ visits: number; dated: number }>(statements.COUNTER, site, page);
    if (!before && visits === null) return;
    const change = (visits ?? 0) - (before?.visits ?? 0);
    const changes = [SITE, page].map((name) => ({ page: name, visits: change }));
    sql.exec(statements.ADD_VISITS, site, JSON.stringify(changes));
    if (visits === null) sql.exec(statements.REMOVE, site, page);
    if (!before || before.dated <= (visits ?? 0)) return;
    sql.exec(statements.TAKE_DAYS, site, page);
    sql.exec(statements.DROP_DAYS, site, page);
  }

  function totals(site: string, pages: readonly string[]): Totals {
    const rows = sql.exec<{ page: string; visits: number }>(statements.TOTALS, site, JSON.stringify([SITE, ...pages]));
    const visits = new Map(rows.map((row) => [row.page, row.visits]));
    return { siteVisits: visits.get(SITE) ?? 0, visits: pages.map((page) => visits.get(page) ?? 0) };
  }

  /** Marks an id as used; `false` where it already was. */
  function claim(site: string, kind: string, id: string, value: string, expireAt: number): boolean {
    return sql.exec(statements.CLAIM, site, kind, id, value, expireAt).length > 0;
  }

  /** Deletes expired marks; `inserted` is how many the transaction has added. */
  function forget(inserted: number): void {
    sql.exec(statements.FORGET, now(), FORGOTTEN_PER_WRITE + inserted);
  }

  const write = <T>(body: () => T): Promise<T> => attempt(() => sql.transaction(body));

  return {
    name: "sqlite",
    commit: (batch) => write(() => commit(batch)),
    totals: (site, pages) => attempt(() => totals(site, pages)),
    has: (site, page) => attempt(() => sql.exec(statements.COUNTER, site, page).length > 0),
    sites: () => attempt(() => sql.exec<{ site: string; visits: number }>(statements.SITES)),
    pages: (site, after, limit, period) => {
      const { from, to } = period ?? NO_PERIOD;
      return attempt(() => sql.exec<PageRow>(statements.PAGES, site, limit, from, to, after ?? SITE).map(toPageTotal));
    },
    top: (site, limit, period) => {
      const { from, to } = period ?? NO_PERIOD;
      return attempt(() => sql.exec<PageRow>(period ? statements.TOP_IN_PERIOD : statements.TOP, site, limit, from, to).map(toPageTotal));
    },
    days: (site, page, { from, to }) =>
      attempt(() => JSON.parse(sql.exec<{ days: string }>(statements.DAYS, site, page ?? SITE, from, to)[0]?.days ?? "{}")),
    correct: ({ id, site, page, visits, expireAt }) =>
      write(() => {
        if (claim(site, "correction", id, "", expireAt)) set(site, page, visits);
        forget(1);
        return totals(site, [page]);
      }),
    add: ({ id, digest, site, additions, expireAt }) =>
      write(() => {
        if (!claim(site, "addition", id, digest, expireAt)) {
          const [known] = sql.exec<{ value: string }>(statements.MARK, site, "addition", id);
          return known?.value === digest ? "duplicate" : "conflict";
        }
        count(site, additions);
        forget(1);
        return "added";
      }),
    ping: () => attempt(() => void sql.exec<Row>("select 1")),
  };
}

async function attempt<T>(body: () => T): Promise<T> {
  try {
    return body();
  } catch (error) {
    throw toStoreError(error);
  }
}

function toPageTotal({ page, visits, days }: PageRow): PageTotal {
  return { page, visits, days: JSON.parse(days) };
}
