import type { Recent } from "../../domain/recent.ts";
import type { Days } from "../../domain/store.ts";
import { addCounts } from "../../domain/tally.ts";
import { daysOf, type Keys, numberOf } from "./layout.ts";
import type { Session } from "./retry.ts";
import { inTransaction, type TransactionMode } from "./transaction.ts";
import type { Entity, EntityResult, Key, ReadOptions, Requests, Transport } from "./transport.ts";

/** Keys that one lookup may name. */
export const LOOKUP_KEYS = 1_000;

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
  /** The most shards ever seen in use, by site, of those that were seen. They only grow, and reads cover them all. */
  readonly inUse: Recent<number>;
}

/** A counter summed over its shards. */
interface Counter {
  readonly count: number;
  readonly days: Days;
  /** Shards that exist, by their number. */
  readonly shards: readonly number[];
}

/** Counters of a site and of some of its pages, from one snapshot. */
export interface Snapshot {
  readonly site: Counter;
  /** The site's first shard alone. */
  readonly siteRoot: Counter;
  readonly pages: readonly Counter[];
  /** Whether a mark that was asked for exists. */
  readonly has: (mark: Key) => boolean;
}

/** How many shards a site's reads must cover. */
export function shardsOf(context: Context, site: string): number {
  return Math.max(context.shards, context.inUse.get(site) ?? 1);
}

/** Keeps what a read or a commit said of a site's shards. */
export function learnShards(context: Context, site: string, shards: number): void {
  if (shards > (context.inUse.get(site) ?? 0)) context.inUse.set(site, shards);
}

/** A key as a string. */
export function nameOf(key: Key): string {
  return key.path.map(({ kind, name }) => `${kind}:${name}`).join("\n");
}

/** The entities that exist among these keys. */
export async function lookup({ call }: Session, keys: readonly Key[], options?: Omit<Requests["lookup"], "keys">): Promise<EntityResult[]> {
  const results: EntityResult[] = [];
  let rest = keys;
  while (rest.length > 0) {
    const { found = [], deferred = [] } = await call("lookup", { keys: rest.slice(0, LOOKUP_KEYS), ...options });
    results.push(...found);
    rest = [...deferred, ...rest.slice(LOOKUP_KEYS)];
  }
  return results;
}

/** What to read of the entities, and of which others. */
interface Selection {
  readonly fields: readonly string[] | "all";
  readonly marks?: readonly Key[];
}

/** Reads a site's counters at one moment: now, or `at` a past time or in a transaction, with marks if wanted. */
export async function readSnapshot(
  session: Session,
  site: string,
  pages: readonly string[],
  selection: Selection,
  at?: ReadOptions,
): Promise<Snapshot> {
  if (at) return collect(session, site, pages, selection, at);
  // One entity alone is always read at one moment.
  if (pages.length === 0 && shardsOf(session, site) === 1) {
    const snapshot = await collect(session, site, pages, selection, {});
    if (shardsOf(session, site) === 1) return snapshot;
  }
  return inTransaction(session, session.readIn, (transaction) => collect(session, site, pages, selection, { transaction }));
}

async function collect(
  session: Session,
  site: string,
  pages: readonly string[],
  { marks = [], fields }: Selection,
  readOptions: ReadOptions,
): Promise<Snapshot> {
  const { keys } = session;
  const found = new Map<string, Entity>();

  async function read(wanted: readonly Key[]): Promise<void> {
    const results = await lookup(session, wanted, { readOptions, ...(fields !== "all" && { propertyMask: { paths: fields } }) });
    for (const { entity } of results) found.set(nameOf(entity.key), entity);
  }

  const counter = (page: string | null, shard: number) => found.get(nameOf(keys.counter(site, page, shard)));
  const shardKeys = (from: number, to: number): Key[] =>
    [null, ...pages].flatMap((page) => Array.from({ length: to - from }, (_, index) => keys.counter(site, page, from + index)));

  const known = shardsOf(session, site);
  await read([...shardKeys(0, known), ...marks]);
  learnShards(session, site, numberOf(counter(null, 0), "shards"));
  const shards = shardsOf(session, site);
  await read(shardKeys(known, shards));

  function sum(page: string | null, upTo: number): Counter {
    let count = 0;
    const days: Record<string, number> = {};
    const existing: number[] = [];
    for (let shard = 0; shard < upTo; shard += 1) {
      const entity = counter(page, shard);
      if (!entity) continue;
      existing.push(shard);
      count += numberOf(entity, "count");
      addCounts(days, daysOf(entity, null));
    }
    return { count, days, shards: existing };
  }

  return {
    site: sum(null, shards),
    siteRoot: sum(null, 1),
    pages: pages.map((page) => sum(page, shards)),
    has: (mark) => found.has(nameOf(mark)),
  };
}

/** The fields that totals need. */
export const TOTAL_FIELDS = ["count", "shards"];
