import { createBuckets } from "../domain/buckets.ts";
import { clientOf } from "./client.ts";
import type { Shared } from "./exchange.ts";
import { memoize } from "./memo.ts";
import { Problem } from "./problem.ts";

/** Addresses that are remembered (at most twice as many). */
const MAX_CLIENTS = 10_000;

/**
 * Lets a request pass that wants to count, or throws 429: `VISITS_PER_MINUTE` for each client address in this instance, at once or spread.
 * Who has no known address has no limit.
 */
export function createRateLimit({ config, now }: Shared): (request: Request) => void {
  const { clientIpHeader, visitsPerMinute } = config;
  const buckets = createBuckets({ burst: visitsPerMinute, msEach: 60_000 / visitsPerMinute, most: MAX_CLIENTS, now });
  const known = memoize(clientOf);

  return ({ headers }) => {
    const header = clientIpHeader && headers.get(clientIpHeader);
    const client = header && known(header);
    const wait = client && buckets.take(client);
    if (wait) {
      const detail = `Too many visits come from this address; allowed are ${visitsPerMinute} a minute.`;
      throw new Problem("too-many-requests", detail, { "Retry-After": String(wait) });
    }
  };
}
