import { createBuckets } from "./buckets.ts";
import { HOUR_MS } from "./day.ts";
import type { Outcome } from "./pending.ts";
import { createRecent } from "./recent.ts";
import type { Recorder } from "./recorder.ts";
import type { Store, Visit } from "./store.ts";

/** Pages that are known to exist, and sites whose budgets are kept (at most twice as many). */
const KNOWN_PAGES = 20_000;
const KNOWN_SITES = 1_000;
/** Pages that are looked up at the same time. */
const LOOKUPS = 16;

/** What became of a visit, or that its page is a new one beyond the budget; `retryAfterS`: whole seconds. */
export type GuardedOutcome = Outcome | { readonly status: "too-many-new-pages"; readonly retryAfterS: number };

/**
 * Counts visits, of new pages no more than a site's budget in this instance allows. A page that this instance does not know takes a
 * token, and gives it back where the page turns out to be an old one: so no page is read to be counted. Only while there is no token is
 * it looked up, and refused where it has no counter yet.
 */
export function guardNewPages(options: {
  recorder: Pick<Recorder, "record">;
  store: Pick<Store, "has">;
  /** New pages of a site: at once, and as they come back. */
  burst: number;
  perHour: number;
  now: () => number;
}): (site: string, visit: Visit) => Promise<GuardedOutcome> {
  const { recorder, store, burst, perHour, now } = options;
  const budgets = createBuckets({ burst, msEach: HOUR_MS / perHour, most: KNOWN_SITES, now });
  const known = createRecent<true>(KNOWN_PAGES);
  let lookups = 0;

  async function countUnknown(site: string, visit: Visit): Promise<GuardedOutcome> {
    const wait = budgets.take(site);
    if (wait) {
      if (lookups === LOOKUPS) return { status: "shed" };
      lookups += 1;
      const exists = await store.has(site, visit.page).finally(() => {
        lookups -= 1;
      });
      if (!exists) return { status: "too-many-new-pages", retryAfterS: wait };
    }
    let isMade = false;
    try {
      const outcome = await recorder.record(site, visit, !wait);
      const visits = "visits" in outcome ? outcome.visits : 0;
      if (visits > 0) known.set(site + visit.page, true);
      // The first visit of a page is the one that made it.
      isMade = outcome.status === "counted" && visits === 1;
      return outcome;
    } finally {
      if (!wait && !isMade) budgets.giveBack(site);
    }
  }

  return (site, visit) => (known.get(site + visit.page) ? recorder.record(site, visit) : countUnknown(site, visit));
}
