import type { PageTotal, Period, SiteTotal } from "../../domain/store.ts";
import { addDays, COUNTER_KIND, daysOf, number, pageOf } from "./layout.ts";
import { type Attempts, untilKnown } from "./retry.ts";
import { type Context, learnShards, readSnapshot, shardsOf, TOTAL_FIELDS } from "./snapshot.ts";
import { type EntityResult, type Filter, type Key, type Query, type Responses, TransportError } from "./transport.ts";

/** Entities that one query fetches at most. */
const QUERY_LIMIT = 1_000;
/** How long a list may take, however many queries it needs. */
const LIST_DEADLINE_MS = 20_000;

/** Every site, by name. */
export function listSites(context: Context): Promise<readonly SiteTotal[]> {
  return untilKnown(context.transport, context, context.now() + LIST_DEADLINE_MS, async (attempts) => {
    const sites: SiteTotal[] = [];
    const query: Query = { kind: COUNTER_KIND, order: [{ property: { name: "site" }, direction: "ASCENDING" }], limit: QUERY_LIMIT };
    for await (const { entity } of results(context, attempts, query, ["site", ...TOTAL_FIELDS])) {
      const site = entity.properties?.["site"]?.stringValue ?? "";
      learnShards(context, site, number(entity.properties?.["shards"]));
      const sharded = shardsOf(context, site) > 1;
      const visits = sharded
        ? (await readSnapshot(context, attempts, site, [], { fields: TOTAL_FIELDS })).site.count
        : number(entity.properties?.["count"]);
      sites.push({ site, visits });
    }
    return sites;
  });
}

/** Up to `limit` pages of a site in key order, beginning behind `after`. */
export function listPages(
  context: Context,
  site: string,
  after: string | null,
  limit: number,
  period: Period | null,
): Promise<readonly PageTotal[]> {
  return untilKnown(context.transport, context, context.now() + LIST_DEADLINE_MS, async (attempts) => {
    const pages: PageTotal[] = [];
    for await (const page of scan(context, attempts, site, after, Math.min(limit + 1, QUERY_LIMIT), period)) {
      if (pages.push(page) === limit) break;
    }
    return pages;
  });
}

/**
 * The pages with the most visits. Totals come from the index on `count`, if the site has but one shard and the index exists;
 * a period's and shards' sums are in no index: then every page of the site is read.
 */
export function listTop(context: Context, site: string, limit: number, period: Period | null): Promise<readonly PageTotal[]> {
  return untilKnown(context.transport, context, context.now() + LIST_DEADLINE_MS, async (attempts) => {
    if (!period) {
      await readSnapshot(context, attempts, site, [], { fields: TOTAL_FIELDS });
      if (shardsOf(context, site) === 1) {
        try {
          return await topByIndex(context, attempts, site, limit);
        } catch (error) {
          if (!(error instanceof TransportError) || error.status !== "FAILED_PRECONDITION") throw error;
        }
      }
    }
    return topByScan(context, attempts, site, limit, period);
  });
}

async function topByIndex(context: Context, attempts: Attempts, site: string, limit: number): Promise<readonly PageTotal[]> {
  const order: Query["order"] = [
    { property: { name: "count" }, direction: "DESCENDING" },
    { property: { name: "__key__" }, direction: "ASCENDING" },
  ];
  const pages: PageTotal[] = [];
  const query: Query = { kind: COUNTER_KIND, filter: below(context.keys.counter(site, null, 0)), order, limit };
  for await (const { entity } of results(context, attempts, query, ["count"])) {
    pages.push({ page: pageOf(entity.key) ?? "", visits: number(entity.properties?.["count"]), days: {} });
    if (pages.length === limit) break;
  }
  return pages;
}

async function topByScan(
  context: Context,
  attempts: Attempts,
  site: string,
  limit: number,
  period: Period | null,
): Promise<readonly PageTotal[]> {
  const rank = ({ visits, days }: PageTotal): number => (period ? Object.values(days).reduce((sum, count) => sum + count, 0) : visits);
  let best: { page: PageTotal; rank: number }[] = [];
  // Sorting is stable and pages come in key order, so equals stay in it.
  const prune = (): void => {
    best = best.sort((a, b) => b.rank - a.rank).slice(0, limit);
  };
  for await (const page of scan(context, attempts, site, null, QUERY_LIMIT, period)) {
    best.push({ page, rank: rank(page) });
    if (best.length >= limit + QUERY_LIMIT) prune();
  }
  prune();
  return best.map(({ page }) => page);
}

/** A site's pages in key order, each summed over its shards, whose keys follow the page's. */
async function* scan(
  context: Context,
  attempts: Attempts,
  site: string,
  after: string | null,
  chunk: number,
  period: Period | null,
): AsyncGenerator<PageTotal> {
  const { keys } = context;
  const beyond: Filter = { propertyFilter: { property: { name: "__key__" }, op: "GREATER_THAN", value: { keyValue: keys.behind(site, after) } } };
  const filter: Filter = { compositeFilter: { op: "AND", filters: [below(keys.counter(site, null, 0)), beyond] } };
  const query: Query = { kind: COUNTER_KIND, filter, order: [{ property: { name: "__key__" }, direction: "ASCENDING" }], limit: chunk };
  let current: { page: string; visits: number; days: Record<string, number> } | undefined;
  for await (const { entity } of results(context, attempts, query, period ? ["count", "days"] : ["count"])) {
    const page = pageOf(entity.key);
    if (page === null) continue;
    if (current?.page !== page) {
      if (current) yield current;
      current = { page, visits: 0, days: {} };
    }
    current.visits += number(entity.properties?.["count"]);
    if (period) addDays(current.days, daysOf(entity, period));
  }
  if (current) yield current;
}

function below(site: Key): Filter {
  return { propertyFilter: { property: { name: "__key__" }, op: "HAS_ANCESTOR", value: { keyValue: site } } };
}

/** Every result of a query, fetched `query.limit` at a time. */
async function* results(
  context: Context,
  { call }: Attempts,
  query: Query,
  fields: readonly string[],
): AsyncGenerator<EntityResult> {
  const { partitionId } = context.keys.batch("", "");
  let next: Query | undefined = query;
  while (next) {
    const answer: Responses["runQuery"] = await call("runQuery", { ...(partitionId && { partitionId }), query: next, propertyMask: { paths: fields } });
    const { entityResults: found = [], endCursor, moreResults } = answer.batch;
    yield* found;
    const more = moreResults === "NOT_FINISHED" || (found.length >= query.limit && moreResults !== "NO_MORE_RESULTS");
    next = more && endCursor !== undefined ? { ...query, startCursor: endCursor } : undefined;
  }
}
