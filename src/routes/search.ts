import { timeLeft } from "../domain/in-time.ts";
import { createPageMatcher } from "../domain/search.ts";
import { type PageTotal, type Period, type Store, StoreError } from "../domain/store.ts";
import { sumOf } from "../domain/tally.ts";

/** The most names that one request looks through, and the most that it may find before it stops. */
export const MAX_SEARCHED = 10_000;
const MAX_FOUND = 1_000;
const NAMES_AT_A_TIME = 1_000;
/** How long a search may take: API Gateway waits 15 s, and many at once would go on long after. */
const SEARCH_MS = 14_000;

/** What is searched for, and where. */
export interface Search {
  readonly site: string;
  readonly text: string;
  /** By name, or those of the pages found with the most visits, of all time or of the period. */
  readonly sort: "page" | "visits";
  readonly limit: number;
  /** The page to start behind; `null`: at the first. */
  readonly after: string | null;
  readonly period: Period | null;
  /** Pages whose numbers are read at a time: all of them with all their days would fill the memory, and hold the thread for a second. */
  readonly atATime: number;
}

/** Pages whose names hold a text; `next` is the page behind which the search goes on, `null` at the end. */
export async function searchPages(
  store: Store,
  now: () => number,
  search: Search,
): Promise<{ pages: readonly PageTotal[]; next: string | null }> {
  const { site, text, sort, limit, after, period, atATime } = search;
  const matches = createPageMatcher(text);
  const most = sort === "page" ? limit : MAX_FOUND;
  const left = timeLeft(now() + SEARCH_MS, now);
  const found: string[] = [];
  let next = after;
  let atEnd = false;
  for (let searched = 0; !atEnd && searched < MAX_SEARCHED && found.length < most; searched += NAMES_AT_A_TIME) {
    const names = await store.names(site, next, NAMES_AT_A_TIME);
    let looked = 0;
    for (const name of names) {
      looked += 1;
      if (matches(name) && found.push(name) === most) break;
    }
    next = names[looked - 1] ?? next;
    atEnd = names.length < NAMES_AT_A_TIME && looked === names.length;
  }
  let best: { readonly page: PageTotal; readonly rank: number }[] = [];
  for (let start = 0; start < found.length; start += atATime) {
    if (left() <= 0) throw new StoreError("the search took too long", { retryable: true });
    const pages = await store.some(site, found.slice(start, start + atATime), period);
    best.push(...pages.map((page) => ({ page, rank: period ? sumOf(page.days) : page.visits })));
    // Sorting is stable: pages with equal visits stay in the order of their names.
    if (sort === "visits") best = best.sort((one, other) => other.rank - one.rank).slice(0, limit);
  }
  return { pages: best.map(({ page }) => page), next: atEnd ? null : next };
}
