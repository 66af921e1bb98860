import { inTime } from "../domain/in-time.ts";
import type { Exchange, Shared } from "./exchange.ts";
import { Problem } from "./problem.ts";

/** The store is asked no more often than this. */
const FRESH_MS = 2_000;
/** A store that takes longer does not answer. */
const TIMEOUT_MS = 2_000;

/** Answers whether the store does. */
export function createHealth({ store, version, now }: Shared): (exchange: Exchange) => Promise<Response> {
  let asked = Promise.resolve();
  let askedAt = 0;

  return async (exchange) => {
    // Also where the clock was set back.
    if (Math.abs(now() - askedAt) >= FRESH_MS) {
      askedAt = now();
      asked = store.ping();
    }
    const answer = asked.then(
      () => true,
      () => false,
    );
    // Each request has its own time-out: the one that asked may have been cancelled.
    if (await inTime(answer, TIMEOUT_MS, () => false)) return exchange.json({ status: "ok", store: store.name, version }, "no-cache");
    throw new Problem("unavailable", `The store (${store.name}) does not answer; ask again later.`);
  };
}
