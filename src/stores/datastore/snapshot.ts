import type { Days } from "../../domain/store.ts";
import { addDays, daysOf, type Keys, number } from "./layout.ts";
import type { Attempts } from "./retry.ts";
import { type EntityResult, type Key, type ReadOptions, type Timestamp, type Transport, TransportError } from "./transport.ts";

/** Keys that one lookup may name. */
const LOOKUP_KEYS = 1_000;

/** What the store's parts share. */
export interface Context {
  readonly transport: Transport;
  readonly keys: Keys;
  readonly now: () => number;
  readonly random: () => number;
  /** Shards that this instance writes to. */
  readonly shards: number;
  /** The most shards ever seen in use, by site: they only grow, and reads cover them all. */
  readonly shardsInUse: Map<string, number>;
}

/** A counter summed over its shards. */
export interface Counter {
  readonly count: number;
  readonly days: Days;
  /** Shards that exist, by their number. */
  readonly shards: readonly number[];
}

/** Counters of a site and of some of its pages, from one snapshot. */
export interface Snapshot {
  readonly site: Counter;
  /** The site's first shard alone. */
  readonly siteRoot: { readonly count: number; readonly days: Days; readonly shards: number };
  readonly pages: readonly Counter[];
  /** The other keys asked for, those that exist, by {@link nameOf} their key. */
  readonly marks: ReadonlyMap<string, EntityResult>;
}

/** How many shards a site's reads must cover. */
export function shardsOf(context: Context, site: string): number {
  return Math.max(context.shards, context.shardsInUse.get(site) ?? 1);
}

/** Keeps what a read or a commit said of a site's shards. */
export function learnShards(context: Context, site: string, shards: number): void {
  if (shards > (context.shardsInUse.get(site) ?? 1)) context.shardsInUse.set(site, shards);
}

/** A key as a string. */
export function nameOf(key: Key): string {
  return key.path.map(({ kind, name }) => `${kind}:${name}`).join("\n");
}

/**
 * Reads a site's counters at one moment: now, or `at` a past time or in a transaction, with marks if wanted.
 * A lookup of several keys is no snapshot by itself; with a `readTime`, which the lookup of the site alone brings, it is.
 */
export async function readSnapshot(
  context: Context,
  { call }: Attempts,
  site: string,
  pages: readonly string[],
  options: { at?: ReadOptions; marks?: readonly Key[]; fields: readonly string[] | "all" },
): Promise<Snapshot> {
  const { keys } = context;
  const { marks = [], fields } = options;
  const found = new Map<string, EntityResult>();

  /** Looks up all the keys, and answers when that was. */
  async function lookup(wanted: readonly Key[], readOptions?: ReadOptions): Promise<Timestamp | undefined> {
    let rest = wanted;
    let readTime: Timestamp | undefined;
    while (rest.length > 0) {
      const answer = await call("lookup", {
        keys: rest.slice(0, LOOKUP_KEYS),
        ...(readOptions && { readOptions }),
        ...(fields !== "all" && { propertyMask: { paths: fields } }),
      });
      for (const result of answer.found ?? []) found.set(nameOf(result.entity.key), result);
      rest = [...(answer.deferred ?? []), ...rest.slice(LOOKUP_KEYS)];
      readTime ??= answer.readTime;
    }
    return readTime;
  }

  const rootKey = keys.counter(site, null, 0);
  const counters = [null, ...pages];
  const shardKeys = (from: number, to: number): Key[] =>
    counters.flatMap((page) => Array.from({ length: to - from }, (_, index) => keys.counter(site, page, from + index)));

  const covered = options.at ? shardsOf(context, site) : 0;
  const at = options.at ?? momentOf(await lookup([rootKey]));
  if (covered > 0) await lookup([...marks, ...shardKeys(0, covered)], at);
  learnShards(context, site, number(found.get(nameOf(rootKey))?.entity.properties?.["shards"]));
  const shards = shardsOf(context, site);
  const rootAlone = covered === 0 && shards === 1 && pages.length === 0;
  if (!rootAlone) await lookup(shardKeys(covered, shards), at);
  const root = found.get(nameOf(rootKey))?.entity;

  function sum(page: string | null): Counter {
    let count = 0;
    const days: Record<string, number> = {};
    const existing: number[] = [];
    for (let shard = 0; shard < shards; shard += 1) {
      const entity = found.get(nameOf(keys.counter(site, page, shard)))?.entity;
      if (!entity) continue;
      existing.push(shard);
      count += number(entity.properties?.["count"]);
      addDays(days, daysOf(entity, null));
    }
    return { count, days, shards: existing };
  }

  const markNames = new Set(marks.map(nameOf));
  return {
    site: sum(null),
    siteRoot: { count: number(root?.properties?.["count"]), days: root ? daysOf(root, null) : {}, shards: number(root?.properties?.["shards"]) },
    pages: pages.map(sum),
    marks: new Map([...found].filter(([name]) => markNames.has(name))),
  };
}

/** The fields that totals need. */
export const TOTAL_FIELDS = ["count", "shards"];

function momentOf(readTime: Timestamp | undefined): ReadOptions {
  if (!readTime) throw new TransportError("INTERNAL", "lookup: the answer has no readTime");
  return { readTime };
}
