import type { Store } from "../../src/domain/store.ts";
import type { SaltStore } from "../../src/domain/visitors/salts.ts";
import { openSqliteStore } from "../../src/platform/node/sqlite.ts";

/** A store for tests of the HTTP layer alone: in memory, with a list of the calls that wrote. */
export interface MemoryStore extends Store, SaltStore {
  readonly writes: string[];
  /** What every call throws, where set. */
  failure: Error | null;
}

/** @param now milliseconds since 1970 */
export function createMemoryStore(now: () => number, visitors = false): MemoryStore {
  const inner = openSqliteStore(":memory:", now, { visitors });
  const writes: string[] = [];

  const guard = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (store.failure) throw store.failure;
      return call(...args);
    };
  };

  const store: MemoryStore = {
    name: "sqlite",
    writes,
    failure: null,
    commit: guard(async (batch, deadline) => {
      const receipt = await inner.commit(batch, deadline);
      for (const [index, { page }] of batch.visits.entries()) if (!receipt.refused[index]) writes.push(`count ${batch.site}${page}`);
      return receipt;
    }),
    totals: guard(inner.totals),
    has: guard(inner.has),
    sites: guard(inner.sites),
    pages: guard(inner.pages),
    names: guard(inner.names),
    some: guard(inner.some),
    top: guard(inner.top),
    days: guard(inner.days),
    correct: guard(async (correction, deadline) => {
      writes.push(`correct ${correction.site}${correction.page}`);
      return inner.correct(correction, deadline);
    }),
    add: guard(async (batch, deadline) => {
      writes.push(`add ${batch.site} ${batch.additions.length}`);
      return inner.add(batch, deadline);
    }),
    removeSome: guard(async (site, deadline) => {
      writes.push(`remove ${site}`);
      return inner.removeSome(site, deadline);
    }),
    salt: guard(inner.salt),
    forget: guard(inner.forget),
    ping: guard(inner.ping),
    close: inner.close,
  };

  return store;
}
