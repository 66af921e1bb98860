import type { Context } from "hono";
import { createBuckets } from "../domain/buckets.ts";
import type { ClientAddress } from "./client-address.ts";
import { Problem } from "./problem.ts";

/** Addresses that are remembered (at most twice as many). */
const MAX_CLIENTS = 10_000;
const MINUTE_MS = 60_000;

/**
 * Limits what each client address does in this instance, at once or spread over a minute; a client without a known address has no limit.
 * The answer takes on one thing, or several, or throws 429.
 *
 * @param options.perMinute 0: no limit
 * @param options.what such as `visits come`: "Too many visits come from this address."
 */
export function createRateLimit(options: {
  addressOf: ClientAddress;
  perMinute: number;
  what: string;
  now: () => number;
}): (c: Context, count?: number) => void {
  const { addressOf, perMinute, what, now } = options;
  if (perMinute === 0) return () => {};
  const buckets = createBuckets({ burst: perMinute, msEach: MINUTE_MS / perMinute, most: MAX_CLIENTS, now });

  return (c, count) => {
    const client = addressOf(c);
    const wait = client === null ? 0 : buckets.take(client, count);
    if (wait) {
      const detail = `Too many ${what} from this address; allowed are ${perMinute} a minute.`;
      throw new Problem("too-many-requests", detail, { "Retry-After": String(wait) });
    }
  };
}
