import { prepareFormats } from "../texts/format.ts";
import { type ApiError, getSeries, getSites, isRefused, type SitesAnswer, type SiteTotal } from "./api.ts";
import { createLive, type Live } from "./live.ts";
import { loadNumbers, type Numbers } from "./load.ts";
import { createPageList, isListOf, type PageList } from "./page-list.ts";
import { todayIn } from "./range.ts";
import { keepFresh, type News } from "./refresh.ts";
import { addressOf, readView, type View } from "./view.ts";

/** All that the page draws. */
interface State {
  readonly phase: "loading" | "gate" | "error" | "empty" | "content";
  readonly view: View;
  readonly sites: SitesAnswer | null;
  /** The site that is shown. */
  readonly site: string | null;
  readonly today: string;
  readonly numbers: Numbers | null;
  readonly pages: PageList | null;
  readonly live: Live | null;
  /** Another view is on its way. */
  readonly busy: boolean;
  readonly updated: Date | null;
  /** Why the last reading failed; in the phase `gate`, why the service refused. */
  readonly problem: Error | null;
}

/** The dashboard's state, and what changes it. */
export interface Dashboard {
  readonly state: State;
  subscribe(onChange: () => void): void;
  /** Shows another view, under its own address. */
  go(change: Partial<View>): void;
  /** Reads everything anew: after another key, or a change of numbers. */
  reload(): void;
  /** Shows the form for the key although numbers are public. */
  askForKey(): void;
  /** Draws again: a list of pages has grown. */
  touch(): void;
}

/** Starts reading what the address asks for, and keeps it fresh. */
export function createDashboard(): Dashboard {
  let live = createLive();
  const view = readView(location.search);
  let listeners: (() => void)[] = [];
  let state: State = {
    ...{ phase: "loading", view, sites: null, site: null, today: todayIn("UTC"), numbers: null },
    ...{ pages: null, live: null, busy: true, updated: null, problem: null },
  };
  let running = new AbortController();
  let reading = false;
  /** What was asked for is not yet there as a whole: a look for news reads it, whatever the totals say. */
  let due = true;
  /** The list of pages may hold some that are no more. */
  let changed = false;

  function set(change: Partial<State>): void {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  }

  /** Reads the view. `fresh`: a look for news, which reads no more than has changed. */
  async function read(fresh: boolean): Promise<News> {
    running.abort();
    const own = new AbortController();
    running = own;
    reading = true;
    due ||= !fresh;
    let sites: SitesAnswer | null = null;
    try {
      sites = await getSites(own.signal);
      return await show(sites, fresh, own.signal);
    } catch (error) {
      if (!own.signal.aborted) fail(error as Error, sites);
      return "same";
    } finally {
      if (running === own) reading = false;
    }
  }

  async function show(sites: SitesAnswer, fresh: boolean, signal: AbortSignal): Promise<News> {
    const { view } = state;
    const today = todayIn(sites.timeZone ?? "UTC");
    const known = { sites, today, updated: new Date(), problem: null };
    const totalOf = (name: string | null) => sites.sites.find(({ site }) => site === name);
    // Where the address names no site, another one may become the busiest while somebody reads.
    const chosen = view.site ?? (fresh ? totalOf(state.site) : null)?.site ?? busiestOf(sites.sites)?.site ?? null;
    const total = totalOf(chosen);
    if (chosen === null || !total) {
      if (chosen !== null && due) await checkReadable(chosen, today, signal);
      due = false;
      set({ ...known, phase: "empty", site: chosen, numbers: null, pages: null, busy: false });
      return "waiting";
    }
    const same = fresh && !due && state.site === chosen && state.today === today && state.numbers !== null;
    const before = state.sites?.sites.find(({ site }) => site === chosen);
    const seen = { ...known, live: live.see(chosen, total.visits) };
    if (same && before?.visits === total.visits && before.visitors === total.visitors) {
      set(seen);
      return "same";
    }
    due = true;
    const loading = loadNumbers(chosen, view.page, view.range, today, signal);
    prepareFormats();
    const numbers = await loading;
    const kept = !changed && isListOf(state.pages, chosen, numbers.period) ? state.pages : null;
    const list = kept ?? createPageList(chosen, numbers.period);
    const readList = () => Promise.all([list.refresh(signal), numbers.before && list.compare(numbers.before.period, signal)]);
    // A table that is empty for a moment would move the page under its reader, and an old one would not fit its caption.
    if (!kept && state.phase === "content" && state.pages) await readList();
    set({ ...seen, phase: "content", site: chosen, numbers, busy: false, pages: list });
    if (kept || list.version === 0) await readList();
    changed = due = false;
    set({});
    return "new";
  }

  /** Throws where a site that is not listed needs a key: it may have visits. */
  async function checkReadable(site: string, today: string, signal: AbortSignal): Promise<void> {
    await getSeries(site, null, { from: today, to: today }, signal).catch((error: ApiError) => {
      // 403: it may not count here, which the page of an empty site says.
      if (error.status !== 403) throw error;
    });
  }

  /** `sites`: those that are shown all the same. */
  function fail(error: Error, sites: SitesAnswer | null): void {
    if (isRefused(error)) set({ phase: "gate", numbers: null, pages: null, sites, site: state.view.site, problem: error, busy: false });
    else if (state.numbers && !state.busy) set({ problem: error });
    else set({ phase: "error", problem: error, busy: false });
  }

  const news = keepFresh(async () => (state.phase === "gate" || state.view.api || reading ? "same" : read(true)));

  /** What is shown already stays until the new is there. */
  function open(view: View): void {
    set({ view, busy: true, phase: state.phase === "content" || state.phase === "empty" ? state.phase : "loading" });
    void read(false);
    news.reset();
  }

  /** Puts numbers of another view into the address: a step to go back by, unless it is the same one, or dates are still being typed. */
  function turnTo(change: Partial<View>): View {
    const { view: before } = state;
    const view = { ...before, api: false, site: before.site ?? state.site, ...change };
    const isStep = addressOf(view) !== addressOf(before) && !(typeof change.range === "object" && typeof before.range === "object");
    history[isStep ? "pushState" : "replaceState"](null, "", addressOf(view));
    return view;
  }

  addEventListener("popstate", () => open(readView(location.search)));
  // A shared link that is opened in a tab where the dashboard is already.
  addEventListener("hashchange", () => open(readView(location.search)));
  void read(false);
  news.reset();

  return {
    get state() {
      return state;
    },
    subscribe(onChange) {
      listeners = [...listeners, onChange];
    },
    go(change) {
      open(turnTo(change));
    },
    reload() {
      changed = true;
      // The owner's own numbers are no visits.
      live = createLive();
      open(state.view);
    },
    askForKey() {
      running.abort();
      set({ phase: "gate", view: turnTo({}), problem: null, busy: false });
    },
    touch() {
      set({});
    },
  };
}

function busiestOf(sites: readonly SiteTotal[]): SiteTotal | null {
  return sites.reduce<SiteTotal | null>((most, site) => (site.visits > (most?.visits ?? -1) ? site : most), null);
}
