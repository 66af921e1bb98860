import type { Context, MiddlewareHandler } from "hono";
import { createBuckets } from "../domain/buckets.ts";
import type { ClientAddress } from "./client-address.ts";
import type { Env } from "./env.ts";
import { Problem } from "./problem.ts";
import { createRateLimit } from "./rate-limit.ts";

/** For each visit that an address may send in a minute, it may read so many pages. */
const PAGES_PER_VISIT = 25;
/** Pages that all clients together may read in a minute, of this instance: each is a read that a database may bill. */
const PAGES_PER_MINUTE = 120_000;
const MINUTE_MS = 60_000;
/** What a list counts as. */
export const LIST_PAGES = 10;

/** Takes on a read of so many pages, the site as one of them, or throws 429 or 503. */
export type LimitReads = (c: Context<Env>, pages: number) => void;

/**
 * Limits what is read: for each client address (429; without a known address there is no such limit), and in all (503).
 *
 * @param options.visitsPerMinute 0: no limit for addresses
 */
export function createReadLimit(options: { addressOf: ClientAddress; visitsPerMinute: number; now: () => number }): LimitReads {
  const { addressOf, visitsPerMinute, now } = options;
  const limitClient = createRateLimit({ addressOf, perMinute: PAGES_PER_VISIT * visitsPerMinute, what: "pages are read", now });
  const all = createBuckets({ burst: PAGES_PER_MINUTE, msEach: MINUTE_MS / PAGES_PER_MINUTE, most: 1, now });

  return (c, pages) => {
    limitClient(c, pages);
    if (all.take("", pages)) throw new Problem("overloaded", "Too many pages are read; ask again later.");
  };
}

/** The middleware of lists, before their key is looked at. */
export function limitLists(limitReads: LimitReads): MiddlewareHandler<Env> {
  return function limitLists(c, next) {
    limitReads(c, LIST_PAGES);
    return next();
  };
}
