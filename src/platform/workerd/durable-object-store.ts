import { inTime, timeLeft } from "../../domain/in-time.ts";
import { NO_COUNT } from "../../domain/numbers.ts";
import { createRecent } from "../../domain/recent.ts";
import { type Count, type SiteTotal, type Store, StoreError } from "../../domain/store.ts";
import type { SaltStore } from "../../domain/visitors/salts.ts";
import { type Method, resultOf } from "../../stores/sqlite/answer.ts";
import type { SqliteStore } from "../../stores/sqlite/store.ts";
import { REGISTRY, type SiteCounter } from "./site-counter.ts";

/** How long one hop to a site's object may take, and a whole read. */
const ATTEMPT_MS = 2_000;
const READ_MS = 4_000;
/** Pauses between hops double from the first to the longest, each shortened at random by up to a half. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;
/** Sites that are asked for their totals at a time. */
const SITES_AT_ONCE = 32;

/** Sites that an isolate knows to be there (at most twice as many). */
const KNOWN_SITES = 10_000;

type Results = { readonly [M in Method]: Awaited<ReturnType<SqliteStore[M]>> };

/**
 * The store on Durable Objects, one a site. A hop that fails or takes too long is made again until the deadline, which is safe:
 * whatever changes a counter bears an id that its object applies once. `sites` asks every site's object; other reads make no object.
 *
 * @param visitors whether to estimate visitors
 */
export function createDurableObjectStore(
  namespace: DurableObjectNamespace<SiteCounter>,
  visitors: boolean,
  clock: { now(): number; random(): number } = { now: Date.now, random: Math.random },
): Store & SaltStore {
  /** A failure of the hop itself, whatever its kind, says nothing of the call; one that the object answers may be final. */
  async function hop<T>(deadline: number, once: () => Promise<T>, onRetry?: () => void): Promise<T> {
    const left = timeLeft(deadline, clock.now);
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const wait = pause * (1 - clock.random() / 2);
      try {
        return await inTime(once(), Math.min(left(), ATTEMPT_MS), tooLate);
      } catch (cause) {
        if (cause instanceof StoreError && !cause.retryable) throw cause;
        if (left() <= wait) {
          throw new StoreError("the site's counter did not answer in time", { retryable: true, cause });
        }
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
      onRetry?.();
    }
  }

  function call<M extends Method>(
    site: string,
    method: M,
    args: Parameters<SqliteStore[M]>,
    deadline?: number,
    onRetry?: () => void,
  ): Promise<Results[M]> {
    // The stub is taken anew each time: one whose object has failed stays broken.
    const once = async () => resultOf(await namespace.getByName(site).call(site, method, args, visitors)) as Results[M];
    return hop(deadline ?? clock.now() + READ_MS, once, onRetry);
  }

  const known = createRecent<true>(KNOWN_SITES);
  const none: Count = { ...NO_COUNT, visitors: visitors ? { total: 0, days: {} } : null };

  /** Whether a site was ever written to: to ask a site's object would make it, for ever. */
  async function isThere(site: string): Promise<boolean> {
    if (known.get(site)) return true;
    const there = await hop(clock.now() + READ_MS, async () => await namespace.getByName(REGISTRY).isRegistered(site));
    if (there) known.set(site, true);
    return there;
  }

  /** Reads of a site that is not there make none. */
  async function read<M extends Method>(method: M, args: Parameters<SqliteStore[M]>, otherwise: Results[M]): Promise<Results[M]> {
    const site = String(args[0]);
    return (await isThere(site)) ? call(site, method, args) : otherwise;
  }

  async function sites(): Promise<SiteTotal[]> {
    const names = await hop(clock.now() + READ_MS, async () => await namespace.getByName(REGISTRY).registered());
    const totals: SiteTotal[] = [];
    for (let start = 0; start < names.length; start += SITES_AT_ONCE) {
      const some = names.slice(start, start + SITES_AT_ONCE);
      totals.push(...(await Promise.all(some.map((name) => call(name, "sites", [])))).flat());
    }
    return totals;
  }

  return {
    name: "sqlite",
    commit: (batch, deadline, onRetry) => call(batch.site, "commit", [batch, deadline], deadline, onRetry),
    totals: (...args) => read("totals", args, { site: none, unattributed: 0, pages: args[1].map(() => none) }),
    has: (...args) => read("has", args, false),
    sites,
    pages: (...args) => read("pages", args, []),
    names: (...args) => read("names", args, []),
    some: (...args) => read("some", args, []),
    top: (...args) => read("top", args, []),
    days: (...args) => read("days", args, none),
    correct: (correction, deadline) => call(correction.site, "correct", [correction, deadline], deadline),
    add: (batch, deadline) => call(batch.site, "add", [batch, deadline], deadline),
    removeSome: (site, deadline) => call(site, "removeSome", [site, deadline], deadline),
    salt: (...args) => call(args[0], "salt", args),
    forget: (...args) => call(args[0], "forget", args),
    ping: () => call(REGISTRY, "ping", []),
    close: async () => {},
  };
}

function tooLate(): never {
  throw new StoreError("the hop took too long", { retryable: true });
}
