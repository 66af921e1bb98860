import { ApiError, key } from "./api.ts";
import { busiest, createDays, sum } from "./days.ts";
import { byId, setText } from "./dom.ts";
import { longDay, number, readable, time } from "./format.ts";
import { createGate } from "./gate.ts";
import { load, type Snapshot } from "./load.ts";
import type { PageList } from "./page-list.ts";
import { createPages } from "./pages.ts";
import { createRange } from "./range.ts";
import { keepFresh } from "./refresh.ts";
import { createSites } from "./sites.ts";
import { createSnippets } from "./snippets.ts";
import { addressOf, daysIn, readView, today, type View } from "./view.ts";

const STATES = ["loading", "error", "gate", "empty", "content"] as const;

let view = readView(location.search);
let last: Snapshot | null = null;
let running = new AbortController();

const sites = createSites();
const days = createDays();
const snippets = createSnippets();
const pages = createPages(readAllPages);
const range = createRange((chosen) => go({ ...view, range: chosen }));
const gate = createGate(() => open());
const fresh = keepFresh(() => (byId("gate").hidden ? update(true) : Promise.resolve(false)));

/** Shows one of the page's states, and none of the others; what is as it should be is not touched. */
function enter(state: (typeof STATES)[number]): void {
  for (const one of STATES) byId(one).toggleAttribute("hidden", one !== state);
  byId("forget").toggleAttribute("hidden", key.get() === null);
  byId("sites").toggleAttribute("hidden", state !== "content");
}

/** Reads and shows the view; answers whether there was anything new. A failure in a live refresh leaves what is there. */
async function update(live: boolean): Promise<boolean> {
  running.abort();
  const own = new AbortController();
  running = own;
  try {
    const snapshot = await load(view, last, own.signal);
    if (own.signal.aborted) return false;
    last = snapshot;
    setText(byId("freshness"), `Updated ${time(new Date())}`);
    if (snapshot) show(snapshot, live);
    else enter("empty");
    snippets.show(snapshot?.site ?? null, view.page ?? "/");
    return snapshot?.isNew ?? false;
  } catch (error) {
    if (!own.signal.aborted) fail(error, live);
    return false;
  }
}

function fail(error: unknown, live: boolean): void {
  if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
    last = null;
    enter("gate");
    gate.show(error);
  } else if (live && last) {
    setText(byId("freshness"), `Not up to date: ${error instanceof Error ? error.message : error}`);
  } else {
    setText(byId("error-detail"), error instanceof Error ? error.message : String(error));
    enter("error");
  }
}

function show(snapshot: Snapshot, live: boolean): void {
  const { site, period, points, total } = snapshot;
  const subject = view.page === null ? site : `${site}${readable(view.page)}`;
  const best = busiest(points);
  const now = points.find(({ date }) => date === today());
  setText(byId("title"), view.page === null ? site : readable(view.page));
  setText(byId("tile-period-name"), typeof view.range === "number" ? `Last ${view.range} days` : `${daysIn(period)} days`);
  setText(byId("tile-period"), number(sum(points)));
  setText(byId("tile-today"), now ? number(now.visits) : "–");
  setText(byId("tile-best"), best ? number(best.visits) : "–");
  setText(byId("tile-best-day"), best ? longDay(best.date) : "");
  setText(byId("tile-total"), number(total));
  byId("whole-site", "a").href = addressOf({ ...view, page: null });
  byId("whole-site").hidden = view.page === null;
  document.title = `${subject} · Footfall`;
  enter("content");
  sites.show(snapshot.sites, site, view);
  range.show(view.range);
  pages.show(snapshot.pages, { ...view, site }, live);
  days.show(subject, period, points);
}

async function readAllPages(list: PageList): Promise<void> {
  const redraw = () => {
    if (last?.pages === list) pages.show(list, { ...view, site: last.site }, true);
  };
  await list.readAll(AbortSignal.timeout(120_000), redraw).catch((error: Error) => {
    setText(byId("status"), `Not all pages could be read: ${error.message}`);
  });
}

/** Shows another view, under its own address. */
function go(next: View): void {
  view = next;
  history.pushState(null, "", addressOf(view));
  open(true);
}

/** Shows the view as a reader asked for it: what is shown already stays until the new is there. */
function open(keep = false): void {
  const shown = keep && !byId("content").hidden;
  last = null;
  if (!shown) enter("loading");
  byId("content").setAttribute("aria-busy", "true");
  update(false).finally(() => byId("content").removeAttribute("aria-busy"));
  fresh.reset();
}

document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest("a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.origin !== location.origin || link.pathname !== "/" || link.hash) return;
  event.preventDefault();
  go(readView(link.search));
  if (link.id === "whole-site") byId("main").focus();
});
addEventListener("popstate", () => {
  view = readView(location.search);
  open(true);
});
byId("retry").addEventListener("click", () => open());
open();
