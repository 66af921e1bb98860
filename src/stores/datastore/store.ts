import { createRecent } from "../../domain/recent.ts";
import type { Store } from "../../domain/store.ts";
import type { SaltStore } from "../../domain/visitors/salts.ts";
import { addBatch, correctTotals, totalsOf } from "./administer.ts";
import { createClosedShards } from "./closed-shards.ts";
import { commitBatch } from "./commit.ts";
import { type Context, type Session, shardsOf, type TransactionMode } from "./context.ts";
import { allFields, countOf } from "./counter.ts";
import { createKeys } from "./layout.ts";
import { listNames, listPages, listSites, listSome, listTop } from "./lists.ts";
import { lookup } from "./lookup.ts";
import { removeSome } from "./remove-site.ts";
import { withRetries } from "./retry.ts";
import { createDatastoreSalts } from "./salts.ts";
import { createSharding, type Sharding, type Shards } from "./sharding.ts";
import { fieldsOn, readSnapshot, TOTAL_FIELDS } from "./snapshot.ts";
import type { Transport } from "./transport.ts";
import { createVisitors } from "./visitors.ts";

/** Sites whose number of shards is cached, at least; at most twice as many. For other sites it is read again. */
const KNOWN_SITES = 1_000;
/** How long a read may take. */
const READ_DEADLINE_MS = 6_000;

/**
 * The store on Google Datastore, over any transport.
 *
 * @param options.namespace empty for the default one
 * @param options.readIn the transaction for reads of several entities: `readOnly` in production, where it is a snapshot; `readWrite` on
 *   the emulator, whose read-only transactions and reads at a `readTime` may see half of a commit under load
 * @param options.shards entities per counter that instances share; `"auto"`: one, and more while they wait for each other
 * @param options.now milliseconds since 1970
 * @param options.random 0 (inclusive) to 1 (exclusive)
 */
export function createDatastoreStore(options: {
  transport: Transport;
  namespace: string;
  readIn: TransactionMode;
  shards: Shards;
  /** Which shards are written to, where not as `shards` says: for tests. */
  sharding?: Sharding;
  now: () => number;
  random: () => number;
  /** Where the day's salts are kept, a database of their own; `null`: visitors are not estimated. */
  saltTransport: Transport | null;
}): Store & SaltStore {
  const { transport, namespace, now, saltTransport } = options;
  const keys = createKeys(namespace ? { namespaceId: namespace } : undefined);
  const prepareVisitors = saltTransport ? createVisitors() : null;
  const context: Context = {
    ...options,
    keys,
    prepareVisitors,
    shards: options.shards === "auto" ? 1 : options.shards,
    sharding: options.sharding ?? createSharding(options.shards, options),
    closedShards: createClosedShards(),
    knownShards: createRecent(KNOWN_SITES),
  };

  function attempt<T>(read: (session: Session) => Promise<T>): Promise<T> {
    return withRetries(context, now() + READ_DEADLINE_MS, read);
  }

  function read(site: string, pages: readonly string[], fields: readonly string[]) {
    return attempt((session) => readSnapshot(session, site, pages, { fields }));
  }

  return {
    name: "datastore",
    commit: (...args) => commitBatch(context, ...args),
    async totals(site, pages, today) {
      const snapshot = await read(site, pages, fieldsOn(context, [today]));
      return totalsOf(snapshot.site, snapshot.pages, today);
    },
    // Takes no lock, and does not read the site once its shards are known: many of these must not delay the site's visits.
    async has(site, page): Promise<boolean> {
      if (!context.knownShards.get(site)) await read(site, [], TOTAL_FIELDS);
      // Others may have opened shards just now.
      const length = Math.max(shardsOf(context, site), context.sharding.most);
      const shards = Array.from({ length }, (_, shard) => keys.counter(site, page, shard));
      return (await attempt((session) => lookup(session, shards))).length > 0;
    },
    sites: () => listSites(context),
    pages: (site, after, limit, period) => listPages(context, site, after, limit, period),
    names: (site, after, limit) => listNames(context, site, after, limit),
    some: (site, pages, period) => listSome(context, site, pages, period),
    top: (site, limit, period) => listTop(context, site, limit, period),
    async days(site, page, period) {
      const snapshot = await read(site, page === null ? [] : [page], allFields(context));
      return countOf((page === null ? undefined : snapshot.pages[0]) ?? snapshot.site, period);
    },
    correct: (correction, deadline) => correctTotals(context, correction, deadline),
    add: (batch, deadline) => addBatch(context, batch, deadline),
    removeSome: (site, deadline) => removeSome(context, site, deadline),
    async ping(): Promise<void> {
      await attempt((session) => lookup(session, [keys.batch("", "ping")]));
    },
    ...createDatastoreSalts({ ...context, transport: saltTransport ?? transport }),
    close: async () => {
      await Promise.all([transport.close(), saltTransport?.close()]);
    },
  };
}
