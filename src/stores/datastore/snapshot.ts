import type { Count, Days } from "../../domain/store.ts";
import { addCounts, pick } from "../../domain/tally.ts";
import { learnShards, type Session, shardsOf } from "./context.ts";
import { dayPath, daysOf } from "./days.ts";
import { keyName, lookup } from "./lookup.ts";
import { inTransaction } from "./transaction.ts";
import type { Entity, Key, ReadOptions } from "./transport.ts";
import { numberOf } from "./values.ts";

/** The properties that a site's or a page's total needs. */
export const TOTAL_FIELDS = ["count", "shards"];

/** The properties that totals need, and their numbers of some days. */
export function fieldsOn(days: readonly string[]): string[] {
  return [...TOTAL_FIELDS, "unattributed", ...days.map((day) => dayPath(day))];
}

/** A counter summed over its shards. */
export interface Counter {
  readonly count: number;
  readonly days: Days;
  readonly unattributed: number;
  /** The numbers of the shards that exist. */
  readonly shards: readonly number[];
}

/** Counters of a site and of some of its pages, all read at one moment. */
export interface Snapshot {
  readonly site: Counter;
  /** The site's first shard alone. */
  readonly siteRoot: Counter;
  /** In the order asked for. */
  readonly pages: readonly Counter[];
  /** Whether a mark that was asked for exists. */
  readonly has: (mark: Key) => boolean;
}

/** The properties to read, and marks to read along. */
interface Selection {
  readonly fields: readonly string[] | "all";
  readonly marks?: readonly Key[];
}

/** Reads a site's counters at one moment: the present, a past `readTime`, or that of a transaction. */
export async function readSnapshot(
  session: Session,
  site: string,
  pages: readonly string[],
  selection: Selection,
  at?: ReadOptions,
): Promise<Snapshot> {
  if (at) return collect(session, site, pages, selection, at);
  // A single entity needs no transaction.
  if (pages.length === 0 && shardsOf(session, site) === 1) {
    const snapshot = await collect(session, site, pages, selection, {});
    if (shardsOf(session, site) === 1) return snapshot;
  }
  return inTransaction(session, session.readIn, (transaction) => collect(session, site, pages, selection, { transaction }));
}

/** Reads the shards that are known, and then those that the site's first shard knows of. */
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
    for (const { entity } of results) found.set(keyName(entity.key), entity);
  }

  const counter = (page: string | null, shard: number) => found.get(keyName(keys.counter(site, page, shard)));
  const shardKeys = (from: number, to: number): Key[] =>
    [null, ...pages].flatMap((page) => Array.from({ length: to - from }, (_, index) => keys.counter(site, page, from + index)));

  const known = shardsOf(session, site);
  await read([...shardKeys(0, known), ...marks]);
  learnShards(session, site, numberOf(counter(null, 0), "shards"));
  const shards = shardsOf(session, site);
  await read(shardKeys(known, shards));

  function sum(page: string | null, upTo: number): Counter {
    let count = 0;
    let unattributed = 0;
    const days: Record<string, number> = {};
    const existing: number[] = [];
    for (let shard = 0; shard < upTo; shard += 1) {
      const entity = counter(page, shard);
      if (!entity) continue;
      existing.push(shard);
      count += numberOf(entity, "count");
      unattributed += numberOf(entity, "unattributed");
      addCounts(days, daysOf(entity, null));
    }
    return { count, days, unattributed, shards: existing };
  }

  return {
    site: sum(null, shards),
    siteRoot: sum(null, 1),
    pages: pages.map((page) => sum(page, shards)),
    has: (mark) => found.has(keyName(mark)),
  };
}

/** A counter's numbers, with those of the days that are there. */
export function countOf(counter: Counter | undefined, days: readonly string[]): Count {
  return { visits: counter?.count ?? 0, days: pick(counter?.days ?? {}, days), visitors: null };
}
