import { type Context, learnShards, type Session, shardsOf } from "./context.ts";
import { allFields, type Counter, SHARD_FIELDS, sumShards } from "./counter.ts";
import { dayPath } from "./days.ts";
import { keyName, lookup } from "./lookup.ts";
import { inTransaction } from "./transaction.ts";
import type { Entity, Key, ReadOptions } from "./transport.ts";
import { numberOf } from "./values.ts";

/** The properties that a site's or a page's total needs. */
export const TOTAL_FIELDS = ["count", ...SHARD_FIELDS];

/** The properties that totals need, and their numbers of some days: with visitors all days, as each caps what is shown. */
export function fieldsOn(context: Context, days: readonly string[]): string[] {
  return context.prepareVisitors ? allFields(context) : [...TOTAL_FIELDS, "unattributed", ...days.map((day) => dayPath(day))];
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
  readonly fields: readonly string[];
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
    const results = await lookup(session, wanted, { readOptions, propertyMask: { paths: fields } });
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
    const shards = Array.from({ length: upTo }, (_, shard) => counter(page, shard));
    return sumShards(shards, session.prepareVisitors !== null);
  }

  return {
    site: sum(null, shards),
    siteRoot: sum(null, 1),
    pages: pages.map((page) => sum(page, shards)),
    has: (mark) => found.has(keyName(mark)),
  };
}
