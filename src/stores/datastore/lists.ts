import type { PageTotal, Period, SiteTotal } from "../../domain/store.ts";
import { type Context, learnShards, type Session, shardsOf } from "./context.ts";
import { countOf, sumShards } from "./counter.ts";
import { COUNTER_KIND, pageOf } from "./layout.ts";
import { withRetries } from "./retry.ts";
import { fieldsOn, readSnapshot, TOTAL_FIELDS } from "./snapshot.ts";
import { type Entity, type Filter, isStatus, type Query, type Responses } from "./transport.ts";
import { numberOf, textOf } from "./values.ts";

/** The most entities that one query fetches, and that are in memory: each may have all its days, thousands after some years. */
const QUERY_LIMIT = 250;
/** The same of keys alone. */
const NAMES_LIMIT = 1_000;
/** Pages that are looked up at a time. */
const LOOKED_UP = 100;
/** For a whole list and for each of its queries: API Gateway waits 15 seconds, and repeating a slow query would make it slower. */
const LIST_DEADLINE_MS = 14_000;
const KEY = { name: "__key__" };
const BY_KEY: Query["order"] = [{ property: KEY, direction: "ASCENDING" }];

/** Every site that has visits, sorted by name. */
export function listSites(context: Context): Promise<readonly SiteTotal[]> {
  return list(context, async (session) => {
    const sites: SiteTotal[] = [];
    const query: Query = { kind: COUNTER_KIND, order: [{ property: { name: "site" }, direction: "ASCENDING" }], limit: QUERY_LIMIT };
    for await (const entity of results(session, query, ["site", ...fieldsOn(session, [])])) {
      const site = textOf(entity, "site") ?? "";
      learnShards(session, site, numberOf(entity, "shards"));
      const isWhole = shardsOf(session, site) === 1;
      const counter = isWhole
        ? sumShards([entity], session.prepareVisitors !== null)
        : (await readSnapshot(session, site, [], { fields: fieldsOn(session, []) })).site;
      const { visits, visitors } = countOf(counter, null);
      if (visits > 0) sites.push({ site, visits, unattributed: counter.unattributed, visitors: visitors === null ? null : visitors.total });
    }
    return sites;
  });
}

/** Up to `limit` pages of a site in key order, from behind `after` (`null`: from the first). */
export function listPages(
  context: Context,
  site: string,
  after: string | null,
  limit: number,
  period: Period | null,
): Promise<readonly PageTotal[]> {
  return list(context, (session) => take(limit, scan(session, site, after, Math.min(limit + 1, QUERY_LIMIT), period)));
}

/** The names of up to `limit` pages of a site in key order, from behind `after`: keys alone are read. */
export function listNames(context: Context, site: string, after: string | null, limit: number): Promise<readonly string[]> {
  return list(context, async (session) => {
    const names: string[] = [];
    const query: Query = {
      kind: COUNTER_KIND,
      filter: behind(session, site, after),
      order: BY_KEY,
      limit: NAMES_LIMIT,
      projection: [{ property: KEY }],
    };
    for await (const { key } of results(session, query, null)) {
      const page = pageOf(key);
      // A page's shards follow it.
      if (page === null || page === names.at(-1)) continue;
      if (names.push(page) === limit) break;
    }
    return names;
  });
}

/** Some pages of a site, with the days of a period. */
export async function listSome(
  context: Context,
  site: string,
  pages: readonly string[],
  period: Period | null,
): Promise<readonly PageTotal[]> {
  const found: PageTotal[] = [];
  for (let start = 0; start < pages.length; start += LOOKED_UP) {
    const names = pages.slice(start, start + LOOKED_UP);
    const snapshot = await list(context, (session) =>
      readSnapshot(session, site, names, { fields: [...new Set([...TOTAL_FIELDS, ...listFields(session, period)])] }),
    );
    found.push(...names.map((page, index) => ({ page, ...countOf(snapshot.pages[index] ?? snapshot.site, period) })));
  }
  return found;
}

/**
 * The `limit` pages with the most visits. Read from the index on `count` where the site has one shard and the index exists. Sums over a
 * period or over shards are in no index: then every page of the site is read.
 */
export function listTop(context: Context, site: string, limit: number, period: Period | null): Promise<readonly PageTotal[]> {
  return list(context, async (session) => {
    if (!period) {
      await readSnapshot(session, site, [], { fields: TOTAL_FIELDS });
      if (shardsOf(session, site) === 1) {
        try {
          return await take(limit, topByIndex(session, site, limit));
        } catch (error) {
          if (!isStatus(error, "FAILED_PRECONDITION")) throw error;
        }
      }
    }
    return topByScan(session, site, limit, period);
  });
}

function list<T>(context: Context, read: (session: Session) => Promise<T>): Promise<T> {
  return withRetries(context, context.now() + LIST_DEADLINE_MS, read, LIST_DEADLINE_MS);
}

async function take<T>(limit: number, items: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) if (taken.push(item) === limit) break;
  return taken;
}

async function* topByIndex(session: Session, site: string, limit: number): AsyncGenerator<PageTotal> {
  const order: Query["order"] = [{ property: { name: "count" }, direction: "DESCENDING" }, ...BY_KEY];
  const query: Query = { kind: COUNTER_KIND, filter: below(session, site), order, limit };
  for await (const entity of results(session, query, listFields(session, null))) {
    yield pageTotal(session, pageOf(entity.key) ?? "", [entity], null);
  }
}

async function topByScan(session: Session, site: string, limit: number, period: Period | null): Promise<readonly PageTotal[]> {
  const rank = ({ visits, days }: PageTotal): number => (period ? Object.values(days).reduce((sum, count) => sum + count, 0) : visits);
  let best: { page: PageTotal; rank: number }[] = [];
  // Pages come in key order and sorting is stable, so pages with equal visits stay in that order.
  const prune = (): void => {
    best = best.sort((a, b) => b.rank - a.rank).slice(0, limit);
  };
  for await (const page of scan(session, site, null, QUERY_LIMIT, period)) {
    best.push({ page, rank: rank(page) });
    if (best.length >= limit + QUERY_LIMIT) prune();
  }
  prune();
  return best.map(({ page }) => page);
}

/** A site's pages in key order, each summed over its shards, whose keys follow the page's own. */
async function* scan(
  session: Session,
  site: string,
  after: string | null,
  limit: number,
  period: Period | null,
): AsyncGenerator<PageTotal> {
  const filter = behind(session, site, after);
  let page: string | null = null;
  let shards: Entity[] = [];
  for await (const entity of results(session, { kind: COUNTER_KIND, filter, order: BY_KEY, limit }, listFields(session, period))) {
    const next = pageOf(entity.key);
    if (next === null) continue;
    if (page !== null && page !== next) yield pageTotal(session, page, shards, period);
    if (page !== next) shards = [];
    page = next;
    shards.push(entity);
  }
  if (page !== null) yield pageTotal(session, page, shards, period);
}

/** Visitors need all days: each caps what is shown of it. */
function listFields({ prepareVisitors }: Context, period: Period | null): string[] {
  if (prepareVisitors) return ["count", "days", "visitors", "visitorsAdded"];
  return period ? ["count", "days"] : ["count"];
}

function pageTotal({ prepareVisitors }: Context, page: string, shards: readonly Entity[], period: Period | null): PageTotal {
  return { page, ...countOf(sumShards(shards, prepareVisitors !== null), period) };
}

/** Selects a site's own counter and those of all its pages, with their shards. */
function below({ keys }: Context, site: string): Filter {
  return { propertyFilter: { property: KEY, op: "HAS_ANCESTOR", value: { keyValue: keys.counter(site, null, 0) } } };
}

/** Selects those behind a page; `null`: all. */
function behind(session: Session, site: string, after: string | null): Filter {
  const beyond: Filter = { propertyFilter: { property: KEY, op: "GREATER_THAN", value: { keyValue: session.keys.behind(site, after) } } };
  return { compositeFilter: { op: "AND", filters: [below(session, site), beyond] } };
}

/** Every result of a query, fetched `query.limit` at a time. */
async function* results({ call, keys }: Session, query: Query, fields: readonly string[] | null): AsyncGenerator<Entity> {
  let next: Query | undefined = query;
  while (next) {
    const answer: Responses["runQuery"] = await call("runQuery", {
      ...keys.partition,
      query: next,
      ...(fields && { propertyMask: { paths: fields } }),
    });
    const { entityResults: found = [], endCursor, moreResults } = answer.batch;
    for (const { entity } of found) yield entity;
    const more = moreResults === "NOT_FINISHED" || (found.length >= query.limit && moreResults !== "NO_MORE_RESULTS");
    next = more && endCursor !== undefined ? { ...query, startCursor: endCursor } : undefined;
  }
}
