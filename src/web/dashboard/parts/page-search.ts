import { useEffect, useMemo, useState } from "preact/hooks";
import { foldText } from "../../../domain/search.ts";
import type { ListedPage, PageList } from "../data/page-list.ts";
import { readable } from "../texts/readable.ts";

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

  const settled = answer.text === text && answer.list === list;
  // The list's rows change with its version.
  const version = list?.version;
  return useMemo(() => {
    if (text === "" || !list) return null;
    const rows = answer.list === list ? answer.rows : [];
    return settled
      ? { ...answer, rows: rows.map((row) => list.rows.get(row.page) ?? row) }
      : { ...NOTHING_YET, rows: known(list, text, rows) };
  }, [list, version, text, settled, answer]);
}

/** The pages among those known, or `found` before, that hold the text in their name, as it is or as it is read. */
function known(list: PageList, text: string, found: readonly ListedPage[] = []): ListedPage[] {
  const wanted = foldText(text);
  const others = found.filter(({ page }) => !list.rows.has(page));
  return [...list.rows.values(), ...others].filter(({ page }) => page.includes(text) || searchable(page).includes(wanted));
}

/** Most names are plain; decoding and folding the others takes long. */
function searchable(page: string): string {
  return /^[!-$&-~]*$/.test(page) ? page.toLowerCase() : foldText(readable(page));
}
