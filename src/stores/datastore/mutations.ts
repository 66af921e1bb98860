import type { Addition, Batch, Visit } from "../../domain/store.ts";
import { sumForSite, sumOf } from "../../domain/tally.ts";
import { dayPath } from "./days.ts";
import type { Keys } from "./layout.ts";
import type { Key, Mutation, Properties, Transform, Value } from "./transport.ts";
import { integer, number, text, timestamp } from "./values.ts";

/**
 * Adds to one shard of a site and of its pages: the site's mutation comes first, then one a page. The site's first shard also stores its
 * name and the most shards ever in use.
 */
export function addToSite(keys: Keys, site: string, shard: number, additions: readonly Addition[], shards: number): Mutation[] {
  const isFirst = shard === 0;
  const own = additions.reduce((sum, { page, visits }) => (page === null ? sum + visits : sum), 0);
  const more: Transform[] = own > 0 ? [{ property: "unattributed", increment: integer(own) }] : [];
  if (isFirst) more.push({ property: "shards", maximum: integer(shards) });
  return [
    addTo(keys.counter(site, null, shard), sumForSite(additions), {
      indexed: false,
      properties: isFirst ? { site: { stringValue: site } } : {},
      more,
    }),
    ...additions.flatMap((addition) =>
      addition.page === null
        ? []
        : addTo(keys.counter(site, addition.page, shard), addition, { indexed: isFirst, properties: {}, more: [] }),
    ),
  ];
}

function addTo(
  key: Key,
  { visits, days }: Addition,
  { indexed, properties, more }: { indexed: boolean; properties: Properties; more: readonly Transform[] },
): Mutation {
  const increments: Transform[] = [{ property: "count", increment: integer(visits, indexed) }];
  for (const [day, count] of Object.entries(days)) increments.push({ property: dayPath(day), increment: integer(count) });
  return {
    upsert: { key, properties },
    // Without a mask the entity would be replaced, and every increment would start again at 0.
    propertyMask: { paths: Object.keys(properties) },
    propertyTransforms: [...increments, ...more],
  };
}

/** A mutation with more transforms. */
export function transformAlso(mutation: Mutation, transforms: readonly Transform[]): Mutation {
  return { ...mutation, propertyTransforms: [...(mutation.propertyTransforms ?? []), ...transforms] };
}

/** A mutation of a site's shard, with the whole commit, only where the shard is open: its entity is there. */
export function inOpenShard({ upsert, ...rest }: Mutation): Mutation {
  return upsert ? { ...rest, update: upsert } : rest;
}

/** A mutation of a site's first shard that also opens so many, and asks how many are open and since when. */
export function openShards(mutation: Mutation, shards: number): Mutation {
  return transformAlso(mutation, [
    { property: "open", maximum: integer(shards) },
    { property: "generation", maximum: integer(0) },
  ]);
}

/** Opens a site's shard: makes its entity, where it is not there. */
export function openShard(key: Key): Mutation {
  return { upsert: { key }, propertyMask: { paths: [] }, propertyTransforms: [{ property: "count", increment: integer(0) }] };
}

/** What an addition brings of visitors, and a new epoch, so that every instance reads the counter again. */
export function addVisitors({ visitors, visitorDays }: Addition, epoch: number): Transform[] {
  const start = visitors - sumOf(visitorDays);
  const transforms: Transform[] = [{ property: "epoch", maximum: integer(epoch) }];
  if (start > 0) transforms.push({ property: "visitors.start", increment: integer(start) });
  for (const [day, count] of Object.entries(visitorDays)) {
    transforms.push({ property: dayPath(day, "visitorsAdded"), increment: integer(count) });
  }
  return transforms;
}

/** The numbers that a mutation's transforms came to, by the paths of their properties. */
export function resultsOf({ propertyTransforms = [] }: Mutation, values: readonly Value[] = []): (property: string) => number {
  const results = new Map(propertyTransforms.map(({ property }, index) => [property, number(values[index])]));
  return (property) => results.get(property) ?? 0;
}

/** Sets properties of a counter to what was computed from a read in the same transaction; its other properties stay. */
export function setCounter(key: Key, properties: Properties): Mutation {
  return { upsert: { key, properties }, propertyMask: { paths: Object.keys(properties) } };
}

/** Builds the marks of the ids that a batch counts. */
export function visitMarks({ id, expireAt: time }: Pick<Batch, "id" | "expireAt">): (key: Key, visit: Visit) => Mutation {
  const batch = text(id);
  const expireAt = timestamp(time);
  return (key, { page }) => ({ insert: { key, properties: { batch, page: text(page), expireAt } } });
}

/** The mark of a committed batch, correction or addition. `expireAt` is in milliseconds since 1970. */
export function markBatch(key: Key, digest: string, expireAt: number): Mutation {
  return { insert: { key, properties: { digest: text(digest), expireAt: timestamp(expireAt) } } };
}
