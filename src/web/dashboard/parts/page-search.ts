import { useEffect, useState } from "preact/hooks";
import type { ListedPage, PageList } from "../data/page-list.ts";
import { folded, readable } from "../texts/readable.ts";

const PAUSE_MS = 200;

/** What a search has found. Until the service has answered, of the pages that are known. */
export interface Found {
  readonly rows: readonly ListedPage[];
  /** The service's answer is here. */
  readonly settled: boolean;
  readonly more: boolean;
  readonly problem: string | null;
}

const NOTHING_YET = { rows: [], settled: false, more: false, problem: null };

/** Searches a list for a text; `null` without one. The service looks through all pages, the browser meanwhile through those it has. */
export function usePageSearch(list: PageList | null, text: string): Found | null {
  const [answer, setAnswer] = useState<Found & { text: string; list: PageList | null }>({ ...NOTHING_YET, text: "", list: null });
  useEffect(() => {
    if (!list || text === "") return;
    const running = new AbortController();
    const settle = (found: Partial<Found>) => running.signal.aborted || setAnswer({ ...NOTHING_YET, ...found, settled: true, text, list });
    const timer = setTimeout(() => {
      list.search(text, running.signal).then(settle, (error: Error) => settle({ rows: known(list, text), problem: error.message }));
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      running.abort();
    };
  }, [list, text]);

  if (text === "" || !list) return null;
  return answer.text === text && answer.list === list ? answer : { ...NOTHING_YET, rows: known(list, text) };
}

/** The pages among those known that hold the text in their name, as it is or as it is read. */
function known(list: PageList, text: string): ListedPage[] {
  const wanted = folded(text);
  return [...list.rows.values()].filter(({ page }) => folded(page).includes(wanted) || folded(readable(page)).includes(wanted));
}
