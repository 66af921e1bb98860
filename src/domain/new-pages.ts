import { type Buckets, createBuckets } from "./buckets.ts";
import { HOUR_MS } from "./day.ts";
import type { Outcome } from "./pending.ts";
import { createRecent } from "./recent.ts";
import type { Recorder } from "./recorder.ts";
import type { Store, Visit } from "./store.ts";
import type { Visitor } from "./visitors/visitor.ts";

/** Pages and sites that are known to exist, and sites whose budgets are kept (at most twice as many). */
const KNOWN_PAGES = 20_000;
const KNOWN_SITES = 1_000;
/** Pages and sites that are looked up at the same time; a store merges them into few reads. */
const LOOKUPS = 1_000;
/** New sites where every site may count: at once, and as they come back. */
export const NEW_SITES_BURST = 1_000;
export const NEW_SITES_PER_HOUR = 100;

/** Why a visit of something new is refused; `retryAfterS`: whole seconds. */
type Refused =
  | { readonly status: "too-many-new-pages" | "too-many-new-sites"; readonly retryAfterS: number }
  /** Whether its page is new nobody can tell at the moment. */
  | { readonly status: "too-many-lookups" };

/** What became of a visit, or why it was not taken on. */
type GuardedOutcome = Outcome | Refused;

/** Counts a visit; who sent it is asked for where it is taken on. */
export type GuardedRecord = (
  site: string,
  visit: Omit<Visit, "visitor">,
  visitor: () => Promise<Visitor | null>,
) => Promise<GuardedOutcome>;

/** A token was taken, or none is needed. */
type Admission = "paid" | "free";

/**
 * Counts visits, of new pages (and sites) no more than a budget in this instance allows. A page that this instance does not know takes a
 * token, and gives it back where the page turns out to be an old one: so no page is read to be counted. Only while there is no token is
 * it looked up, and refused where it has no counter yet.
 */
export function guardNewPages(options: {
  recorder: Pick<Recorder, "record">;
  store: Pick<Store, "has" | "totals">;
  /** New pages of a site: at once, and as they come back. */
  burst: number;
  perHour: number;
  /** Whether every site may count: new ones have a budget then. */
  anySite: boolean;
  now: () => number;
}): GuardedRecord {
  const { recorder, store, burst, perHour, anySite, now } = options;
  const pageBudgets = createBuckets({ burst, msEach: HOUR_MS / perHour, most: KNOWN_SITES, now });
  const siteBudget = createBuckets({ burst: NEW_SITES_BURST, msEach: HOUR_MS / NEW_SITES_PER_HOUR, most: 1, now });
  const knownPages = createRecent<true>(KNOWN_PAGES);
  const knownSites = createRecent<true>(KNOWN_SITES);
  let lookups = 0;

  async function admit(
    budgets: Buckets,
    key: string,
    status: "too-many-new-pages" | "too-many-new-sites",
    isThere: () => Promise<boolean>,
  ): Promise<Admission | Refused> {
    const retryAfterS = budgets.take(key);
    if (!retryAfterS) return "paid";
    if (lookups === LOOKUPS) return { status: "too-many-lookups" };
    lookups += 1;
    const there = await isThere().finally(() => {
      lookups -= 1;
    });
    return there ? "free" : { status, retryAfterS };
  }

  function admitSite(site: string, day: string): Promise<Admission | Refused> | "free" {
    if (!anySite || knownSites.get(site)) return "free";
    return admit(siteBudget, "", "too-many-new-sites", async () => (await store.totals(site, [], day)).site.visits > 0);
  }

  const countUnknown: GuardedRecord = async (site, visit, visitor) => {
    const { page, day } = visit;
    const siteAdmission = await admitSite(site, day);
    if (typeof siteAdmission === "object") return siteAdmission;
    let [isMade, isSiteMade] = [false, false];
    let pageAdmission: Admission | Refused = "free";
    try {
      pageAdmission = await admit(pageBudgets, site, "too-many-new-pages", () => store.has(site, page));
      if (typeof pageAdmission === "object") return pageAdmission;
      const outcome = await recorder.record(site, { ...visit, visitor: await visitor() }, pageAdmission === "paid");
      if ("visits" in outcome) {
        if (outcome.visits > 0) knownPages.set(site + page, true);
        if (outcome.siteVisits > 0) knownSites.set(site, true);
        // The first visit of a page is the one that made it.
        isMade = outcome.status === "counted" && outcome.visits === 1;
        isSiteMade = isMade && outcome.siteVisits === 1;
      }
      return outcome;
    } finally {
      if (pageAdmission === "paid" && !isMade) pageBudgets.giveBack(site);
      if (siteAdmission === "paid" && !isSiteMade) siteBudget.giveBack("");
    }
  };

  return async (site, visit, visitor) =>
    knownPages.get(site + visit.page) ? recorder.record(site, { ...visit, visitor: await visitor() }) : countUnknown(site, visit, visitor);
}
