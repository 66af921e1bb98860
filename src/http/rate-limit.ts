import type { Context } from "hono";
import { createBuckets } from "../domain/buckets.ts";
import type { ClientAddress } from "./client-address.ts";
import { Problem } from "./problem.ts";

/** Addresses that are remembered (at most twice as many). */
const MAX_CLIENTS = 10_000;

/**
 * Limits the visits of each client address in this instance, at once or spread over a minute; a client without a known address has no
 * limit. The answer throws 429.
 *
 * @param options.visitsPerMinute 0: no limit
 */
export function createRateLimit(options: { addressOf: ClientAddress; visitsPerMinute: number; now: () => number }): (c: Context) => void {
  const { addressOf, visitsPerMinute, now } = options;
  if (visitsPerMinute === 0) return () => {};
  const buckets = createBuckets({ burst: visitsPerMinute, msEach: 60_000 / visitsPerMinute, most: MAX_CLIENTS, now });

  return (c) => {
    const client = addressOf(c);
    const wait = client === null ? 0 : buckets.take(client);
    if (wait) {
      const detail = `Too many visits come from this address; allowed are ${visitsPerMinute} a minute.`;
      throw new Problem("too-many-requests", detail, { "Retry-After": String(wait) });
    }
  };
}
