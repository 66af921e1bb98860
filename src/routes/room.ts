import { InvalidInput } from "../domain/invalid.ts";
import type { Store } from "../domain/store.ts";

/** The largest total of a site: counting can go on from there for long, and numbers stay exact (2^53 is nine times that). */
const MAX_SITE_VISITS = 1_000_000_000_000_000;
/** Different days that a site may have visits on, 54 years: Datastore holds them in one entity of a megabyte. */
const MAX_SITE_DAYS = 20_000;

/** Throws a 400 where a page's new total would take its site beyond what it may have; a smaller one never does. */
export async function checkTotal(store: Store, site: string, page: string, visits: number, today: string): Promise<void> {
  const { site: whole, pages } = await store.totals(site, [page], today);
  const more = visits - (pages[0]?.visits ?? 0);
  if (more > 0) checkVisits(whole.visits + more);
}

function checkVisits(visits: number): void {
  if (visits > MAX_SITE_VISITS) throw new InvalidInput(`the site would have ${visits} visits; allowed are at most ${MAX_SITE_VISITS}.`);
}

const ALWAYS = { from: "0001-01-01", to: "9999-12-31" };

/** Throws a 400 where a site has no room for so many visits more, or for further days. Before anything is written: a store would stop halfway. */
export async function checkRoom(store: Store, site: string, visits: number, days: Iterable<string>): Promise<void> {
  const before = await store.days(site, null, ALWAYS);
  checkVisits(before.visits + visits);
  const all = new Set([...Object.keys(before.days), ...days]);
  if (all.size > MAX_SITE_DAYS) {
    throw new InvalidInput(`the site would have visits on ${all.size} different days; allowed are at most ${MAX_SITE_DAYS}.`);
  }
}
