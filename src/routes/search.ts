import { createPageMatcher } from "../domain/search.ts";
import type { PageTotal, Period, Store } from "../domain/store.ts";
import { sumOf } from "../domain/tally.ts";

/** The most names that one request looks through, and the most that it may find before it stops. */
export const MAX_SEARCHED = 10_000;
const MAX_FOUND = 1_000;
const NAMES_AT_A_TIME = 1_000;

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
}

/** Pages whose names hold a text; `next` is the page behind which the search goes on, `null` at the end. */
export async function searchPages(store: Store, search: Search): Promise<{ pages: readonly PageTotal[]; next: string | null }> {
  const { site, text, sort, limit, after, period } = search;
  const matches = createPageMatcher(text);
  const most = sort === "page" ? limit : MAX_FOUND;
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
  const pages = found.length > 0 ? await store.some(site, found, period) : [];
  const visits = (page: PageTotal) => (period ? sumOf(page.days) : page.visits);
  // Sorting is stable: pages with equal visits stay in the order of their names.
  const shown = sort === "page" ? pages : pages.toSorted((one, other) => visits(other) - visits(one)).slice(0, limit);
  return { pages: shown, next: atEnd ? null : next };
}
