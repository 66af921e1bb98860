import { getPages, getTop, type PageRow, type Period } from "./api.ts";
import { daysIn } from "./view.ts";

/** What one answer may hold: a page has a point for each day. */
const MAX_POINTS = 10_000;
const MAX_TOP = 100;
const MIN_PAGES = 5;
/** A browser can search and sort this many without a pause. */
export const MAX_PAGES = 5_000;

/** A site's pages in a period, as far as they are known. */
export interface PageList {
  readonly rows: ReadonlyMap<string, PageRow>;
  /** No page is missing. */
  readonly complete: boolean;
  /** Reads the top pages anew. */
  refresh(signal: AbortSignal): Promise<void>;
  /** Reads all pages, up to {@link MAX_PAGES}; `onPart` is called as they come. */
  readAll(signal: AbortSignal, onPart: () => void): Promise<void>;
}

/** A list that knows no page yet. */
export function createPageList(site: string, period: Period): PageList {
  const rows = new Map<string, PageRow>();
  const days = daysIn(period);
  const fitting = Math.max(MIN_PAGES, Math.floor(MAX_POINTS / days));
  let complete = false;

  function keep(pages: readonly PageRow[]): void {
    for (const row of pages) rows.set(row.page, row);
  }

  return {
    rows,
    get complete() {
      return complete;
    },
    async refresh(signal) {
      const limit = Math.min(MAX_TOP, fitting);
      const { pages } = await getTop(site, period, limit, signal);
      if (pages.length < limit) {
        // These are all: what is no longer among them has been removed.
        rows.clear();
        complete = true;
      }
      keep(pages);
    },
    async readAll(signal, onPart) {
      for (let cursor: string | undefined; !complete && rows.size < MAX_PAGES; ) {
        const part = await getPages(site, period, Math.min(1_000, fitting), cursor, signal);
        keep(part.pages);
        cursor = part.nextCursor;
        if (cursor === undefined) complete = true;
        onPart();
      }
    },
  };
}
