import type { Addition, Batch, Days, Visit } from "../../domain/store.ts";
import { sumAs } from "../../domain/tally.ts";
import { dayPath, daysValue } from "./days.ts";
import type { Keys } from "./layout.ts";
import type { Key, Mutation, Properties, Transform } from "./transport.ts";
import { integer, text, timestamp } from "./values.ts";

/**
 * Adds to one shard of a site and of its pages: the site's mutation comes first, then one a page. The first transform of each is that
 * of `count`, so its result is the new total. The site's first shard also stores its name and the most shards ever in use; the result of
 * its last transform is that number.
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
  for (const [day, count] of Object.entries(days)) increments.push({ property: dayPath(day), increment: integer(count) });
  return {
    upsert: { key, properties },
    // Without a mask the entity would be replaced, and every increment would start again at 0.
    propertyMask: { paths: Object.keys(properties) },
    propertyTransforms: [...increments, ...more],
  };
}

/** Replaces a counter by what was computed from a read in the same transaction; `more` are further properties. */
export function replaceCounter(key: Key, count: number, days: Days, indexed: boolean, more?: Properties): Mutation {
  return { upsert: { key, properties: { ...more, count: integer(count, indexed), days: daysValue(days) } } };
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
