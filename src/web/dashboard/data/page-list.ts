import { ApiError, getPages, getTop, type PageRow, type PagesAnswer, type Period } from "./api.ts";
import { sum } from "./buckets.ts";
import { daysIn } from "./range.ts";

/** What one answer may hold: a page has a point for each day. */
const MAX_POINTS = 10_000;
const MAX_TOP = 100;
const MIN_PAGES = 5;
const MAX_PART = 1_000;
/** A browser sorts this many without a pause. */
export const MAX_PAGES = 10_000;
const RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 10_000;

/** A page in a list, and its visits in the period before where they are known. */
export interface ListedPage extends PageRow {
  readonly before?: number;
}

/** A site's pages in a period, as far as they are known. */
export interface PageList {
  readonly site: string;
  readonly period: Period;
  readonly rows: ReadonlyMap<string, ListedPage>;
  /** Grows with each change of the rows. */
  readonly version: number;
  /** No page is missing. */
  readonly complete: boolean;
  /** Reads the top pages anew. */
  refresh(signal: AbortSignal): Promise<void>;
  /** Reads how many visits the top pages had in the period before. */
  compare(before: Period, signal: AbortSignal): Promise<void>;
  /** Reads all pages, up to {@link MAX_PAGES}; `onPart` is called as they come. */
  readAll(signal: AbortSignal, onPart: () => void): Promise<void>;
  /** The pages whose names hold a text: the service looks through all of them. */
  search(text: string, signal: AbortSignal): Promise<{ rows: ListedPage[]; more: boolean }>;
}

/** A list that knows no page yet. */
export function createPageList(site: string, period: Period): PageList {
  const rows = new Map<string, ListedPage>();
  const before = new Map<string, number>();
  /** The period before is known of every page: who is not in it had no visits. */
  let allBefore = false;
  const fitting = limitFor(daysIn(period));
  let complete = false;
  let version = 0;

  function withBefore(row: PageRow): ListedPage {
    const known = before.get(row.page) ?? (allBefore ? 0 : undefined);
    return known === undefined ? row : { ...row, before: known };
  }

  function take(pages: readonly PageRow[]): void {
    version += 1;
    for (const row of pages) rows.set(row.page, withBefore(row));
  }

  return {
    site,
    period,
    rows,
    get version() {
      return version;
    },
    get complete() {
      return complete;
    },
    async refresh(signal) {
      const limit = Math.min(MAX_TOP, fitting);
      const { pages } = await getTop(site, period, limit, "", signal);
      const named = new Set(pages.map(({ page }) => page));
      const least = pages.length < limit ? -1 : (pages.at(-1)?.periodVisits ?? 0);
      // A page that would have to be among the top ones, and is not, has been removed.
      for (const [page, row] of rows) if (!named.has(page) && row.periodVisits > least) rows.delete(page);
      if (pages.length < limit) complete = true;
      take(pages);
    },
    async compare({ from, to }, signal) {
      const limit = Math.min(MAX_TOP, limitFor(daysIn({ from, to: period.to })));
      const { pages } = await getTop(site, { from, to: period.to }, limit, "", signal);
      allBefore = pages.length < limit;
      for (const { page, points } of pages) before.set(page, sum(points.filter(({ date }) => date <= to)).visits);
      take([...rows.values()]);
    },
    async readAll(signal, onPart) {
      for (let cursor: string | undefined; !complete && rows.size < MAX_PAGES; ) {
        const part = await patiently(() => getPages(site, period, Math.min(MAX_PART, fitting), cursor, signal), signal);
        take(part.pages);
        cursor = part.nextCursor;
        if (cursor === undefined) complete = true;
        onPart();
      }
    },
    async search(text, signal) {
      const limit = Math.min(MAX_TOP, fitting);
      const { pages, nextCursor } = await patiently(() => getTop(site, period, limit, text, signal), signal);
      return { rows: pages.map(withBefore), more: nextCursor !== undefined || pages.length === limit };
    },
  };
}

/** Whether a list is that of a site in a period. */
export function isListOf(list: PageList | null, site: string, { from, to }: Period): list is PageList {
  return list !== null && list.site === site && list.period.from === from && list.period.to === to;
}

function limitFor(days: number): number {
  return Math.max(MIN_PAGES, Math.floor(MAX_POINTS / days));
}

/** Asks once more after the pause that a limit on reads tells. */
async function patiently(ask: () => Promise<PagesAnswer>, signal: AbortSignal): Promise<PagesAnswer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 429) throw error;
    await new Promise((resolve) => setTimeout(resolve, Math.min(error.retryAfterMs ?? RETRY_MS, LONGEST_RETRY_MS)));
    signal.throwIfAborted();
    return ask();
  }
}
