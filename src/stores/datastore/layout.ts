import type { Key, Partition } from "./transport.ts";

/**
 * The entities, by `kind:name`.
 *
 * - `analytics:SITE` a site's counter: `site` (indexed, for the list), `count`, `days` (an entity with a property a day, see days.ts),
 *   `shards` (the most shards ever in use), `unattributed` (visits that no page has; absent where there are none); where there were
 *   several shards `open` (how many may be written to) and `generation` (when pages' shards last changed while they were closed)
 * - `analytics:SITE / analytics:PAGE` a page's counter: `count` (indexed, for the top list), `days`
 * - with visitors every counter has `visitors` (estimates by day, and `start`), `visitorsAdded` (imported ones by day) and `epoch` (when
 *   it was made or last corrected)
 * - `… / analytics:#K` shard K ≥ 1 of the counter above it; a counter is the sum of its shards. The site's shard K is there while shard K
 *   of any of its counters may be written to
 * - `… / sketch:visitors` the sketches of the counter or shard above it, see sketches.ts: apart from it, so that a commit in which no
 *   register grows does not write their 45 KB a day
 * - `visit:HASH:SITE:ID` mark of a counted visit: `batch`, `page`, `expireAt`
 * - `batch:HASH:SITE:ID` mark of a committed batch without ids, a correction or an addition: `digest`, `expireAt`
 * - `salt:DAY` a day's salt, in a database of its own: `salt`, `expireAt`
 */
const COUNTER = "analytics";
const SKETCH: Key["path"][number] = { kind: "sketch", name: "visitors" };
const VISIT = "visit";
const BATCH = "batch";

/** Between these names lie a site's pages in key order: its shards (`#…`) sort before `.`, a page's shards before `$`. */
const BEFORE_PAGES = ".";
const BEHIND_SHARDS = "$";

/** Builds keys within one partition. */
export interface Keys {
  readonly partition: { readonly partitionId?: Partition };
  /** A shard of a page's counter, or of the site's own (`null`); 0 is the first. */
  counter(site: string, page: string | null, shard: number): Key;
  /** The sketches of such a shard. */
  sketch(site: string, page: string | null, shard: number): Key;
  /** A key before a site's first page (`null`), or between a page and the next one. */
  behind(site: string, page: string | null): Key;
  /** The mark of a visit's id. */
  visit(site: string, id: string): Key;
  /** The mark of a batch, a correction or an addition. */
  batch(site: string, id: string): Key;
}

/** Keys of a partition; `undefined` for the default namespace. */
export function createKeys(partitionId: Partition | undefined): Keys {
  const partition = partitionId ? { partitionId } : {};
  const key = (path: Key["path"]): Key => ({ ...partition, path });
  const named = (name: string): Key["path"][number] => ({ kind: COUNTER, name });
  function counterPath(site: string, page: string | null, shard: number): Key["path"] {
    const path = [named(site)];
    if (page !== null) path.push(named(page));
    if (shard > 0) path.push(named(`#${shard}`));
    return path;
  }
  return {
    partition,
    counter: (...shard) => key(counterPath(...shard)),
    sketch: (...shard) => key([...counterPath(...shard), SKETCH]),
    behind: (site, page) => key(page === null ? [named(site), named(BEFORE_PAGES)] : [named(site), named(page), named(BEHIND_SHARDS)]),
    visit: (site, id) => key([{ kind: VISIT, name: spread(`${site}:${id}`) }]),
    batch: (site, id) => key([{ kind: BATCH, name: spread(`${site}:${id}`) }]),
  };
}

/** The counters' kind, for queries. */
export const COUNTER_KIND = [{ name: COUNTER }];

/** A name behind its own hash (FNV-1a, hexadecimal): ids with a common prefix, such as times, would all be written to one key range. */
function spread(name: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  return `${(hash >>> 0).toString(16).padStart(8, "0")}:${name}`;
}

/** The page of a counter's key; `null` for the site's own counter. */
export function pageOf(key: Key): string | null {
  const name = key.path[1]?.name;
  return name === undefined || name.startsWith("#") ? null : name;
}
