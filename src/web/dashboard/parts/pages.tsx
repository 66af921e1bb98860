import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type ListedPage, MAX_PAGES, type PageList } from "../data/page-list.ts";
import { t } from "../texts/text.ts";
import { type Found, usePageSearch } from "./page-search.ts";
import { type Column, PageTable, sorted } from "./page-table.tsx";
import { useDashboard } from "./shared.ts";

/** How many rows are shown at first, and how many more each time. */
const STEP = 20;
const READ_MS = 300_000;

/** The site's pages: sorted by the table's headers, found by the search field. */
export function Pages(): JSX.Element | null {
  const dashboard = useDashboard();
  const { pages: list, numbers } = dashboard.state;
  const [search, setSearch] = useState("");
  const [sort, setSort] = useState<{ column: Column; descending: boolean }>({ column: "visits", descending: true });
  const [limit, setLimit] = useState(STEP);
  const [problem, setProblem] = useState("");
  const reading = useRef<AbortController | null>(null);
  /** Which row takes the focus when it comes: the button for more may go. */
  const next = useRef(-1);
  const order = useRef<{ asked: string; pages: string[] }>({ asked: "", pages: [] });
  const text = search.trim();
  const found = usePageSearch(list, text);
  const version = list?.version;
  const rows = useMemo(
    () => sorted(found?.rows ?? [...(list?.rows.values() ?? [])], sort.column, sort.descending),
    [list, version, found, sort],
  );
  useEffect(() => {
    setProblem("");
    return () => {
      reading.current?.abort();
      reading.current = null;
    };
  }, [list]);
  // The top pages of the period are neither the first by name nor the busiest ever. Who grew most is among them.
  useEffect(() => {
    if (sort.column !== "visits" && sort.column !== "change") readAll();
  }, [list, sort.column]);
  useEffect(() => {
    const link = document.querySelectorAll<HTMLElement>("#pages tbody .name > a:first-child")[next.current];
    if (!link) return;
    link.focus();
    next.current = -1;
  });
  if (!list) return null;
  const asked = JSON.stringify([list.site, list.period, sort, text, limit]);
  const shown = settled(rows.slice(0, limit), order.current.asked === asked ? order.current.pages : []);
  order.current = { asked, pages: shown.map(({ page }) => page) };

  function readAll(): void {
    if (!list || list.complete || reading.current) return;
    const own = new AbortController();
    reading.current = own;
    setProblem("");
    list
      .readAll(AbortSignal.any([own.signal, AbortSignal.timeout(READ_MS)]), () => dashboard.touch())
      .catch((error: Error) => own.signal.aborted || setProblem(t("notAllRead", { problem: error.message })))
      .finally(() => {
        if (reading.current === own) reading.current = null;
        dashboard.touch();
      });
  }

  function sortBy(column: Column): void {
    setSort({ column, descending: column === sort.column ? !sort.descending : column !== "page" });
  }

  function showMore(): void {
    next.current = shown.length;
    setLimit(limit + STEP);
    if (!found && limit + STEP > rows.length) readAll();
  }

  const complete = found ? !found.more : list.complete || list.rows.size >= MAX_PAGES;
  const note = problem || noteOf(list, found, rows.length, shown.length, reading.current !== null);
  return (
    <section id="pages" class="card stack" aria-labelledby="pages-title">
      <div class="row between">
        <h3 id="pages-title">{t(list.complete ? "pages" : "topPages")}</h3>
        <search>
          <input
            type="search"
            aria-label={t("searchPages")}
            placeholder={t("searchPages")}
            autocomplete="off"
            spellcheck={false}
            value={search}
            onInput={(event) => {
              setSearch(event.currentTarget.value);
              setLimit(STEP);
            }}
          />
        </search>
      </div>
      <PageTable rows={shown} sort={sort} onSort={sortBy} compared={numbers?.before !== null} />
      {rows.length === 0 && <p class="soft">{emptyNote(list, found, text)}</p>}
      <p class="row between soft">
        <span role="status">{rows.length > 0 && note}</span>
        {(shown.length < rows.length || (!complete && !found)) && (
          <button type="button" class="quiet" onClick={showMore}>
            {t("more")}
          </button>
        )}
      </p>
    </section>
  );
}

/** While somebody is in the table its rows stay where they are, whatever has come in; new ones are below them. */
function settled(rows: ListedPage[], before: readonly string[]): ListedPage[] {
  if (before.length === 0 || !document.activeElement?.closest("#pages tbody")) return rows;
  const places = new Map(before.map((page, index) => [page, index]));
  return rows.toSorted((one, other) => (places.get(one.page) ?? before.length) - (places.get(other.page) ?? before.length));
}

function emptyNote(list: PageList, found: Found | null, text: string): string {
  if (!found) return list.version === 0 ? `${t("loading")}…` : t("noPageVisited");
  return found.problem ?? t(found.settled ? "noPage" : "searching", { text });
}

function noteOf(list: PageList, found: Found | null, n: number, shown: number, reading: boolean): string {
  if (found?.problem) return found.problem;
  if (found && !found.settled) return t("searching");
  if (found) return t(found.more ? "pagesFoundTop" : "pagesFound", { n, shown });
  if (list.complete) return t("pagesShown", { n, shown });
  if (reading) return t("reading", { n });
  return t(list.rows.size >= MAX_PAGES ? "pagesMost" : "pagesTop", { n, shown });
}
