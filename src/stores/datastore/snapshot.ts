import type { Days } from "../../domain/store.ts";
import { addDays, daysOf, type Keys, number } from "./layout.ts";
import type { Attempts } from "./retry.ts";
import { inTransaction, type TransactionMode } from "./transaction.ts";
import type { EntityResult, Key, ReadOptions, Transport } from "./transport.ts";

/** Keys that one lookup may name. */
const LOOKUP_KEYS = 1_000;

/** What the store's parts share. */
export interface Context {
  readonly transport: Transport;
  readonly keys: Keys;
  readonly now: () => number;
  readonly random: () => number;
  /** In what a read of several entities is done: read-only transactions lock nothing. */
  readonly readIn: TransactionMode;
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

/** Reads a site's counters at one moment: now, or `at` a past time or in a transaction, with marks if wanted. */
export async function readSnapshot(
  context: Context,
  attempts: Attempts,
  site: string,
  pages: readonly string[],
  options: Selection & { at?: ReadOptions },
): Promise<Snapshot> {
  const { at } = options;
  if (at) return collect(context, attempts, site, pages, options, at);
  // One entity alone is always read at one moment.
  if (pages.length === 0 && shardsOf(context, site) === 1) {
    const snapshot = await collect(context, attempts, site, pages, options, {});
    if (shardsOf(context, site) === 1) return snapshot;
  }
  return inTransaction(attempts, context.readIn, (transaction) => collect(context, attempts, site, pages, options, { transaction }));
}

/** What to read of the entities, and of which others. */
interface Selection {
  readonly marks?: readonly Key[];
  readonly fields: readonly string[] | "all";
}

async function collect(
  context: Context,
  { call }: Attempts,
  site: string,
  pages: readonly string[],
  { marks = [], fields }: Selection,
  readOptions: ReadOptions,
): Promise<Snapshot> {
  const { keys } = context;
  const found = new Map<string, EntityResult>();

  async function lookup(wanted: readonly Key[]): Promise<void> {
    let rest = wanted;
    while (rest.length > 0) {
      const answer = await call("lookup", {
        keys: rest.slice(0, LOOKUP_KEYS),
        readOptions,
        ...(fields !== "all" && { propertyMask: { paths: fields } }),
      });
      for (const result of answer.found ?? []) found.set(nameOf(result.entity.key), result);
      rest = [...(answer.deferred ?? []), ...rest.slice(LOOKUP_KEYS)];
    }
  }

  const rootKey = keys.counter(site, null, 0);
  const counters = [null, ...pages];
  const shardKeys = (from: number, to: number): Key[] =>
    counters.flatMap((page) => Array.from({ length: to - from }, (_, index) => keys.counter(site, page, from + index)));

  const known = shardsOf(context, site);
  await lookup([...shardKeys(0, known), ...marks]);
  learnShards(context, site, number(found.get(nameOf(rootKey))?.entity.properties?.["shards"]));
  const shards = shardsOf(context, site);
  await lookup(shardKeys(known, shards));
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
