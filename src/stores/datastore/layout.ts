import { HOUR_MS, hourOf } from "../../domain/day.ts";
import type { Addition, Batch, Days, Period, Visit } from "../../domain/store.ts";
import { sumAs } from "../../domain/tally.ts";
import type { Entity, Key, Mutation, Partition, Properties, Transform, Value } from "./transport.ts";

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
  readonly partition: { readonly partitionId?: Partition };
  counter(site: string, page: string | null, shard: number): Key;
  /** The key behind which a site's pages begin, or go on after a page. */
  behind(site: string, page: string | null): Key;
  visit(site: string, id: string): Key;
  batch(site: string, id: string): Key;
}

export function createKeys(partitionId: Partition | undefined): Keys {
  const partition = partitionId ? { partitionId } : {};
  const key = (path: Key["path"]): Key => ({ ...partition, path });
  const named = (name: string): Key["path"][number] => ({ kind: COUNTER, name });
  return {
    partition,
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

/** Which page a counter's key stands for; `null` for the site's own counter. */
export function pageOf(key: Key): string | null {
  const name = key.path[1]?.name;
  return name === undefined || name.startsWith("#") ? null : name;
}

/** An integer that no query needs, or one that lists are sorted by. */
export function integer(value: number, indexed = false): Value {
  return { integerValue: String(value), excludeFromIndexes: !indexed };
}

const text = (value: string): Value => ({ stringValue: value, excludeFromIndexes: true });
/** In whole hours, the next one: what deletes the entity comes within a day. https://cloud.google.com/datastore/docs/ttl */
const expiry = (time: number): Value => ({ timestampValue: hourOf(time + HOUR_MS), excludeFromIndexes: true });

/** Reads an integer; 0 where it is absent. */
export function number(value: Value | undefined): number {
  return Number(value?.integerValue ?? 0);
}

/** An entity's integer property; 0 where it is absent. */
export function numberOf(entity: Entity | undefined, property: string): number {
  return number(entity?.properties?.[property]);
}

/** An entity's text property. */
export function textOf(entity: Entity | undefined, property: string): string | undefined {
  return entity?.properties?.[property]?.stringValue;
}

/**
 * Adds to a site and to its pages, on one shard: the site's mutation first, then each page's. The first transform of each is that of
 * `count`, so its result is the new total. A site's first shard keeps its name as well, and the most shards ever in use, which its last
 * transform's result tells.
 */
export function addToSite(keys: Keys, site: string, shard: number, additions: readonly Addition[], shards: number): Mutation[] {
  const first = shard === 0;
  const name = first ? { site: { stringValue: site } } : {};
  const most = first ? [{ property: "shards", maximum: integer(shards) }] : [];
  return [
    addTo(keys.counter(site, null, shard), sumAs(site, additions), false, name, most),
    ...additions.map((addition) => addTo(keys.counter(site, addition.page, shard), addition, first)),
  ];
}

function addTo(
  key: Key,
  { visits, days }: Addition,
  indexed: boolean,
  properties: Properties = {},
  more: readonly Transform[] = [],
): Mutation {
  const increments: Transform[] = [{ property: "count", increment: integer(visits, indexed) }];
  for (const [day, count] of Object.entries(days)) increments.push({ property: `days.\`${day}\``, increment: integer(count) });
  return {
    upsert: { key, properties },
    propertyMask: { paths: Object.keys(properties) },
    propertyTransforms: [...increments, ...more],
  };
}

/** Replaces a counter: what an administrator sets, computed from what the same transaction read. */
export function replaceCounter(key: Key, count: number, days: Days, indexed: boolean, more?: Properties): Mutation {
  const properties: Record<string, Value> = {};
  for (const [day, visits] of Object.entries(days)) properties[day] = integer(visits);
  return { upsert: { key, properties: { ...more, count: integer(count, indexed), days: { entityValue: { properties } } } } };
}

/** Remembers ids that a batch counts; the marks share what they have in common. */
export function visitMarks({ id, expireAt: time }: Pick<Batch, "id" | "expireAt">): (key: Key, visit: Visit) => Mutation {
  const batch = text(id);
  const expireAt = expiry(time);
  return (key, { page }) => ({ insert: { key, properties: { batch, page: text(page), expireAt } } });
}

/** Remembers that a batch was committed. */
export function markBatch(key: Key, digest: string, expireAt: number): Mutation {
  return { insert: { key, properties: { digest: text(digest), expireAt: expiry(expireAt) } } };
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
