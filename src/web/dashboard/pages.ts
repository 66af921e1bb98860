import type { PageRow } from "./api.ts";
import { arrange, byId, make, setAttribute, setText, within } from "./dom.ts";
import { number, readable } from "./format.ts";
import { MAX_PAGES, type PageList } from "./page-list.ts";
import { createSpark } from "./spark.ts";
import { addressOf, type View } from "./view.ts";

/** How many rows are shown at first, and how many more each time. */
const STEP = 20;
const SEARCH_PAUSE_MS = 150;

type Column = "page" | "period" | "total";
type Line = { readonly element: HTMLTableRowElement; update(row: PageRow, most: number, view: View): void };

/** The table of pages: sorted by its headers, filtered by the search field. */
export interface Pages {
  /** Shows a list; `live`: the same list again, at which rows must not move away under the reader. */
  show(list: PageList, view: View, live: boolean): void;
}

/** Wires the page's table. `readAll` completes a list for a search or for a sort by name. */
export function createPages(readAll: (list: PageList) => void): Pages {
  const section = byId("pages");
  const body = within(section, "tbody");
  const search = within(byId("search", "form"), "input");
  const more = byId("more", "button");
  const headers = [...section.querySelectorAll<HTMLElement>("th[data-sort]")];
  const lines = new Map<string, Line>();
  let sort: { column: Column; descending: boolean } = { column: "period", descending: true };
  let limit = STEP;
  let shown: { list: PageList; view: View } | undefined;

  function draw(live: boolean): void {
    if (!shown) return;
    const { list, view } = shown;
    const wanted = search.value.trim().toLowerCase();
    const found = [...list.rows.values()].filter(({ page }) => matches(page, wanted)).toSorted(compare);
    const rows = found.slice(0, limit);
    const most = Math.max(1, ...found.map((row) => row.periodVisits));
    const elements = rows.map((row) => {
      const line = lines.get(row.page) ?? createLine(row.page);
      lines.set(row.page, line);
      line.update(row, most, view);
      return line.element;
    });
    // While somebody is in the table, its rows stay where they are.
    if (live && body.contains(document.activeElement)) body.append(...elements.filter((element) => !element.isConnected));
    else arrange(body, elements);
    describe(list, found.length, rows.length, wanted);
  }

  function describe(list: PageList, found: number, drawn: number, wanted: string): void {
    setText(byId("pages-title"), list.complete ? "Pages" : "Top pages");
    const order = { page: "by name", period: "by visits in the period", total: "by all their visits" }[sort.column];
    setText(byId("pages-caption"), `Pages ${order}, ${sort.descending ? "descending" : "ascending"}`);
    const none = byId("no-pages", "p");
    none.hidden = found > 0;
    setText(none, wanted ? `No page has “${search.value.trim()}” in its name.` : "No page was visited in this period.");
    const all = list.rows.size >= MAX_PAGES ? `the first ${number(MAX_PAGES)}` : number(list.rows.size);
    setText(byId("pages-note"), found === 0 ? "" : `${number(drawn)} of ${wanted ? `${number(found)} found in ${all}` : all} pages`);
    more.hidden = drawn >= found && (list.complete || list.rows.size >= MAX_PAGES);
    for (const header of headers) {
      const chosen = header.dataset["sort"] === sort.column;
      setAttribute(header, "aria-sort", chosen ? (sort.descending ? "descending" : "ascending") : "none");
    }
  }

  function compare(one: PageRow, other: PageRow): number {
    const byName = one.page < other.page ? -1 : 1;
    const sign = sort.descending ? -1 : 1;
    const difference = { page: byName, period: one.periodVisits - other.periodVisits, total: one.visits - other.visits }[sort.column];
    return difference === 0 ? byName : sign * difference;
  }

  function complete(): void {
    if (shown && !shown.list.complete) readAll(shown.list);
  }

  for (const header of headers) {
    within(header, "button").addEventListener("click", () => {
      const column = header.dataset["sort"] as Column;
      sort = { column, descending: column === sort.column ? !sort.descending : column !== "page" };
      // The top pages of the period are neither the first by name nor the busiest ever.
      if (column !== "period") complete();
      draw(false);
    });
  }
  let pause: ReturnType<typeof setTimeout> | undefined;
  search.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => {
      limit = STEP;
      if (search.value.trim()) complete();
      draw(false);
      setText(byId("status"), search.value.trim() ? byId("pages-note").textContent || (byId("no-pages").textContent ?? "") : "");
    }, SEARCH_PAUSE_MS);
  });
  byId("search", "form").addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => {
    limit += STEP;
    if (shown && limit > shown.list.rows.size) complete();
    draw(false);
  });

  return {
    show(list, view, live) {
      if (shown?.view.site !== view.site) {
        lines.clear();
        limit = STEP;
      }
      shown = { list, view };
      draw(live);
    },
  };
}

/** The name as it is, and as it is read. */
function matches(page: string, wanted: string): boolean {
  return page.toLowerCase().includes(wanted) || readable(page).toLowerCase().includes(wanted);
}

function createLine(page: string): Line {
  const spark = createSpark();
  const share = make("meter", { min: "0", "aria-hidden": "true" });
  const period = make("span");
  const total = make("td", { class: "number" });
  const link = make("a", { href: "/", title: page }, make("bdi", {}, readable(page)));
  const element = make(
    "tr",
    {},
    make("th", { scope: "row" }, link),
    make("td", { class: "trend" }, spark.element),
    make("td", { class: "number" }, period, share),
    total,
  );
  return {
    element,
    update({ visits, periodVisits, points }, most, view) {
      setAttribute(link, "href", addressOf({ ...view, page }));
      setAttribute(link, "aria-current", page === view.page ? "true" : null);
      spark.draw(points);
      share.max = most;
      share.value = periodVisits;
      setText(period, number(periodVisits));
      setText(total, number(visits));
    },
  };
}
