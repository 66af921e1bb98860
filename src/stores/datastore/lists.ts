import type { PageTotal, Period, SiteTotal } from "../../domain/store.ts";
import { addCounts } from "../../domain/tally.ts";
import { type Context, learnShards, type Session, shardsOf } from "./context.ts";
import { daysOf } from "./days.ts";
import { COUNTER_KIND, pageOf } from "./layout.ts";
import { withRetries } from "./retry.ts";
import { fieldsOn, readSnapshot, TOTAL_FIELDS } from "./snapshot.ts";
import { type Entity, type Filter, isStatus, type Query, type Responses } from "./transport.ts";
import { numberOf, textOf } from "./values.ts";

/** The most entities that one query fetches. */
const QUERY_LIMIT = 1_000;
/** For a whole list and for each of its queries: API Gateway waits 15 seconds, and repeating a slow query would make it slower. */
const LIST_DEADLINE_MS = 14_000;
const KEY = { name: "__key__" };
const BY_KEY: Query["order"] = [{ property: KEY, direction: "ASCENDING" }];

/** Every site that has visits, sorted by name. */
export function listSites(context: Context): Promise<readonly SiteTotal[]> {
  return list(context, async (session) => {
    const sites: SiteTotal[] = [];
    const query: Query = { kind: COUNTER_KIND, order: [{ property: { name: "site" }, direction: "ASCENDING" }], limit: QUERY_LIMIT };
    for await (const entity of results(session, query, ["site", ...fieldsOn([])])) {
      const site = textOf(entity, "site") ?? "";
      learnShards(session, site, numberOf(entity, "shards"));
      const sharded = shardsOf(session, site) > 1;
      const visits = sharded ? (await readSnapshot(session, site, [], { fields: TOTAL_FIELDS })).site.count : numberOf(entity, "count");
      if (visits > 0) sites.push({ site, visits, unattributed: numberOf(entity, "unattributed"), visitors: null });
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
  for await (const entity of results(session, { kind: COUNTER_KIND, filter: below(session, site), order, limit }, ["count"])) {
    yield { page: pageOf(entity.key) ?? "", visits: numberOf(entity, "count"), days: {}, visitors: null };
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
  const beyond: Filter = { propertyFilter: { property: KEY, op: "GREATER_THAN", value: { keyValue: session.keys.behind(site, after) } } };
  const filter: Filter = { compositeFilter: { op: "AND", filters: [below(session, site), beyond] } };
  let current: { page: string; visits: number; days: Record<string, number>; visitors: null } | undefined;
  for await (const entity of results(
    session,
    { kind: COUNTER_KIND, filter, order: BY_KEY, limit },
    period ? ["count", "days"] : ["count"],
  )) {
    const page = pageOf(entity.key);
    if (page === null) continue;
    if (current?.page !== page) {
      if (current) yield current;
      current = { page, visits: 0, days: {}, visitors: null };
    }
    current.visits += numberOf(entity, "count");
    if (period) addCounts(current.days, daysOf(entity, period));
  }
  if (current) yield current;
}

/** Selects a site's own counter and those of all its pages, with their shards. */
function below({ keys }: Context, site: string): Filter {
  return { propertyFilter: { property: KEY, op: "HAS_ANCESTOR", value: { keyValue: keys.counter(site, null, 0) } } };
}

/** Every result of a query, fetched `query.limit` at a time. */
async function* results({ call, keys }: Session, query: Query, fields: readonly string[]): AsyncGenerator<Entity> {
  let next: Query | undefined = query;
  while (next) {
    const answer: Responses["runQuery"] = await call("runQuery", { ...keys.partition, query: next, propertyMask: { paths: fields } });
    const { entityResults: found = [], endCursor, moreResults } = answer.batch;
    for (const { entity } of found) yield entity;
    const more = moreResults === "NOT_FINISHED" || (found.length >= query.limit && moreResults !== "NO_MORE_RESULTS");
    next = more && endCursor !== undefined ? { ...query, startCursor: endCursor } : undefined;
  }
}
