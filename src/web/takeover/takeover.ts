// Stands for the scripts of other counters, at the paths where pages load those: it is the website's script, and writes the numbers also
// into the elements that those fill. A page that loads it again after a navigation without a reload counts once.
import { type GoatCounterView, goatcounter, isOptedOut, origin, tag } from "./tag.ts";
// After the tag, where it finds its service.
import "../embed/embed.ts";
import { ask } from "../embed/ask.ts";
import type { View } from "../embed/counter.ts";
import { pageKey } from "../embed/page.ts";
import { select } from "../embed/tag.ts";
import { watch } from "../embed/watch.ts";

declare global {
  interface Window {
    umami?: unknown;
    plausible?: Plausible;
  }
  interface Location {
    /** Set where the page has the script already. */
    footfallTakeover?: true;
  }
}

/** Plausible's function, or what stands there until its script has loaded: that one keeps the calls in `q`. */
interface Plausible {
  (name?: unknown, options?: { callback?: () => void } | null): unknown;
  q?: Iterable<Parameters<Plausible>>;
}

/** The ends of elements' ids, and which number stands there, or in its place where visitors are not estimated. */
const PLACES = [
  ["site_pv", "siteVisits"],
  ["page_pv", "visits"],
  ["site_uv", "siteVisitors", "siteVisits"],
  ["page_uv", "visitors", "visits"],
] as const;

/** Writes the numbers that the service has answered for the page; until then, what would hold them is hidden. */
function show({ prefix = "busuanzi", style }: DOMStringMap): void {
  const view: View | undefined = window.footfall;
  // Else it is an element of that name, or another page by now, whose numbers are on their way.
  const isCurrent = view?.page && pageKey(view.page) === pageKey(location.pathname);
  for (const [end, field, otherwise = field] of PLACES) {
    const number = isCurrent ? (view[field] ?? view[otherwise]) : undefined;
    const isKnown = typeof number === "number";
    for (const element of byIds(`${prefix}_value_${end}`, `vercount_value_${end}`, `${prefix}_${end}`)) {
      const text = isKnown ? format(number, style) : element.textContent;
      if (element.textContent !== text) element.textContent = text;
    }
    for (const element of byIds(`${prefix}_container_${end}`, `vercount_container_${end}`)) {
      element.style.display = isKnown ? "inline" : "none";
    }
  }
}

function byIds(...ids: readonly string[]): HTMLElement[] {
  return select(ids.map((id) => `[id=${window.JSON.stringify(id)}]`).join());
}

function format(number: number, style: string | undefined): string {
  if (style === "comma") return number.toLocaleString("en");
  if (style === "short") return number.toLocaleString("en", { notation: "compact", maximumFractionDigits: 1 });
  return `${number}`;
}

/** GoatCounter's `get_query`. */
const get_query = (name: string): string | undefined => new window.URLSearchParams(location.search).get(name) ?? undefined;

/** As for an event that Plausible ignores; pages wait for the callback before they navigate. */
const plausible: Plausible = (_, options) => {
  window.setTimeout(() => options?.callback?.());
};

/** GoatCounter's `count`, where the page counts by hand. The numbers stand in place of those that were read before. */
async function count({ event, path = window.goatcounter?.path }: GoatCounterView = {}): Promise<void> {
  const page = typeof path === "function" ? path(location.pathname) : (path ?? location.pathname);
  if (event || isOptedOut || page === null) return;
  const view: View = { site: location.hostname, page, id: window.Date.now() + `${window.Math.random()}`.slice(2) };
  const answer = await ask(`${origin}/v1/visits`, window.JSON.stringify(view));
  if (!window.footfall) await new window.Promise((resolve) => window.addEventListener("footfall", resolve, { once: true }));
  window.footfall = window.Object.assign(view, answer);
  window.dispatchEvent(new window.CustomEvent("footfall", { detail: view }));
}

if (tag && !location.footfallTakeover) {
  const { dataset } = tag;
  location.footfallTakeover = true;
  // What pages call to count by hand: each view is counted already, and events are not.
  const nothing = async (): Promise<void> => {};
  window.umami ??= { track: nothing, identify: nothing };
  window.plausible ??= plausible;
  const none = (): void => {};
  const standIn = { count: goatcounter.no_onload ? count : none, get_query, bind_events: none, filter: none, url: none, visit_count: none };
  window.goatcounter = { ...standIn, ...window.goatcounter, ...goatcounter };
  window.addEventListener("footfall", () => show(dataset));
  watch(() => show(dataset));
}

// Beside another counter's tag it may be Plausible's own.
if (/\/js\/(?:script|plausible|pa)[.-]/.test(tag?.src ?? "")) {
  const { q = [], ...members } = window.plausible ?? plausible;
  window.plausible = window.Object.assign(plausible, members);
  for (const call of q) plausible(...call);
}
