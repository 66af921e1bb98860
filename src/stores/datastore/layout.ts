import type { Days, Period, Visit } from "../../domain/store.ts";
import type { Entity, Key, Mutation, Partition, Properties, Timestamp, Transform, Value } from "./transport.ts";

/**
 * The entities.
 *
 * - `analytics:SITE` a site's counter: `site` (indexed, for the list), `count`, `days`, `shards` (the most shards ever in use)
 * - `analytics:SITE / analytics:PAGE` a page's counter: `count` (indexed, for the top list), `days`
 * - `… / analytics:#K` shard K ≥ 1 of the counter above it; a counter is the sum of its shards
 * - `visit:HASH:SITE:ID` says that a visit was counted: `batch`, `page`, `expireAt`
 * - `batch:HASH:SITE:ID` says that a batch without ids, a correction or an addition was committed: `digest`, `expireAt`
 */
const COUNTER = "analytics";
const VISIT = "visit";
const BATCH = "batch";

/** Names that enclose a site's pages in key order: shards (`#…`) come before them, and a page's own shards before `$`. */
const BEFORE_PAGES = ".";
const BEHIND_SHARDS = "$";

/** Builds keys within one partition. */
export interface Keys {
  counter(site: string, page: string | null, shard: number): Key;
  /** The key behind which a site's pages begin, or go on after a page. */
  behind(site: string, page: string | null): Key;
  visit(site: string, id: string): Key;
  batch(site: string, id: string): Key;
}

export function createKeys(partitionId: Partition | undefined): Keys {
  const key = (path: Key["path"]): Key => (partitionId ? { partitionId, path } : { path });
  const named = (name: string): Key["path"][number] => ({ kind: COUNTER, name });
  return {
    counter(site, page, shard) {
      const path = [named(site)];
      if (page !== null) path.push(named(page));
      if (shard > 0) path.push(named(`#${shard}`));
      return key(path);
    },
    behind: (site, page) => key(page === null ? [named(site), named(BEFORE_PAGES)] : [named(site), named(page), named(BEHIND_SHARDS)]),
    visit: (site, id) => key([{ kind: VISIT, name: spread(`${site}:${id}`) }]),
    batch: (site, id) => key([{ kind: BATCH, name: spread(`${site}:${id}`) }]),
  };
}

/** The counters' kind, for queries. */
export const COUNTER_KIND = [{ name: COUNTER }];

/**
 * A name behind its own hash (FNV-1a, in hexadecimal): ids that share a beginning, times say, must not all be written at one place of
 * the key space.
 */
function spread(name: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  return `${(hash >>> 0).toString(16).padStart(8, "0")}:${name}`;
}

/** Which page and shard a counter's key stands for; the page is `null` for the site's own counter. */
export function pageOf(key: Key): string | null {
  const name = key.path[1]?.name;
  return name === undefined || name.startsWith("#") ? null : name;
}

/** An integer that no query needs, or one that lists are sorted by. */
export function integer(value: number, indexed = false): Value {
  return indexed ? { integerValue: String(value) } : { integerValue: String(value), excludeFromIndexes: true };
}

const text = (value: string): Value => ({ stringValue: value, excludeFromIndexes: true });

/** Reads an integer property; 0 where it is absent. */
export function number(value: Value | undefined): number {
  return Number(value?.integerValue ?? 0);
}

/** Adds to a counter. The first transform is that of `count`, so its result is the new total. */
export function addTo(key: Key, count: number, days: Days, indexed: boolean): Mutation {
  const increments: Transform[] = [{ property: "count", increment: integer(count, indexed) }];
  for (const day of Object.keys(days)) increments.push({ property: `days.\`${day}\``, increment: integer(days[day] ?? 0) });
  return { upsert: { key }, propertyMask: { paths: [] }, propertyTransforms: increments };
}

/** Adds to a site's own counter and keeps its name; the last transform's result is the most shards ever in use. */
export function addToSite(key: Key, site: string, count: number, days: Days, shards: number): Mutation {
  const { propertyTransforms = [] } = addTo(key, count, days, false);
  return {
    upsert: { key, properties: { site: { stringValue: site } } },
    propertyMask: { paths: ["site"] },
    propertyTransforms: [...propertyTransforms, { property: "shards", maximum: integer(shards) }],
  };
}

/** Replaces a counter: what an administrator sets, computed from what the same transaction read. */
export function replaceCounter(key: Key, count: number, days: Days, more: Properties, indexed: boolean): Mutation {
  const properties: Record<string, Value> = {};
  for (const [day, visits] of Object.entries(days)) properties[day] = integer(visits);
  return { upsert: { key, properties: { ...more, count: integer(count, indexed), days: { entityValue: { properties } } } } };
}

/** Remembers that an id was counted. */
export function markVisit(key: Key, visit: Visit, batch: string, expireAt: Timestamp): Mutation {
  return { insert: { key, properties: { batch: text(batch), page: text(visit.page), expireAt: { timestampValue: expireAt, excludeFromIndexes: true } } } };
}

/** Remembers that a batch was committed. */
export function markBatch(key: Key, digest: string, expireAt: Timestamp): Mutation {
  return { insert: { key, properties: { digest: text(digest), expireAt: { timestampValue: expireAt, excludeFromIndexes: true } } } };
}

/** The visits by day of a counter entity, all or those of a period. */
export function daysOf(entity: Entity, period: Period | null): Record<string, number> {
  const days: Record<string, number> = {};
  for (const [day, value] of Object.entries(entity.properties?.["days"]?.entityValue?.properties ?? {})) {
    const visits = number(value);
    if (visits !== 0 && (!period || (day >= period.from && day <= period.to))) days[day] = visits;
  }
  return days;
}

/** Adds the numbers of one record to those of another, in place. */
export function addDays(sum: Record<string, number>, days: Days, sign: 1 | -1 = 1): void {
  for (const [day, visits] of Object.entries(days)) sum[day] = (sum[day] ?? 0) + sign * visits;
}
