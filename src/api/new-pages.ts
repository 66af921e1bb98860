import { createBuckets } from "../domain/buckets.ts";
import { HOUR_MS } from "../domain/day.ts";
import { quote } from "../domain/invalid.ts";
import type { Outcome } from "../domain/pending.ts";
import { createRecent } from "../domain/recent.ts";
import type { Visit } from "../domain/store.ts";
import type { Shared } from "./exchange.ts";
import { Problem } from "./problem.ts";

/** Pages that are known to exist, and sites whose budgets are kept (at most twice as many). */
const KNOWN_PAGES = 20_000;
const KNOWN_SITES = 1_000;
/** Pages that are looked up at the same time. */
const LOOKUPS = 16;

/**
 * Counts visits, of new pages no more than a site's budget in this instance allows. A page that this instance does not know takes a token
 * along, and brings it back where it turns out to be an old one: so that no page is read to be counted. Only while there is no token it
 * is looked up, and refused with 429 where it has no counter yet.
 */
export function guardPages({ recorder, store, config, now }: Shared): (site: string, visit: Visit) => Promise<Outcome> {
  const { newPagesBurst, newPagesPerHour } = config;
  const budgets = createBuckets({ burst: newPagesBurst, msEach: HOUR_MS / newPagesPerHour, most: KNOWN_SITES, now });
  const known = createRecent<true>(KNOWN_PAGES);
  let lookups = 0;

  async function countUnknown(site: string, visit: Visit): Promise<Outcome> {
    const wait = budgets.take(site);
    if (wait) {
      if (lookups === LOOKUPS) return { status: "shed" };
      lookups += 1;
      const isKnown = await store.has(site, visit.page).finally(() => {
        lookups -= 1;
      });
      if (!isKnown) throw tooManyNew(visit.page, wait);
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

  function tooManyNew(page: string, wait: number): Problem {
    const allowed = `allowed are ${newPagesBurst} new pages at once, and ${newPagesPerHour} an hour`;
    return new Problem("too-many-new-pages", `page is ${quote(page)}, a new one; ${allowed}.`, { "Retry-After": String(wait) });
  }

  return (site, visit) => (known.get(site + visit.page) ? recorder.record(site, visit) : countUnknown(site, visit));
}
