import { ofDocument } from "../embed/tag.ts";

// A page may own every global name, as in ../embed/embed.ts.

/** What pages tell GoatCounter's script, beside what that gives to them. */
interface GoatCounter {
  readonly no_onload?: boolean;
  readonly path?: GoatCounterPath;
  readonly [member: string]: unknown;
}

/** A page, a function of the page's own path, or `null` for none. */
type GoatCounterPath = string | ((path: string) => string | null) | null;

/** What a page tells of a view that it counts by hand. */
export interface GoatCounterView {
  readonly event?: unknown;
  readonly path?: GoatCounterPath | undefined;
}

declare global {
  interface Window {
    goatcounter?: GoatCounter;
  }
}

/** The tag that runs this; a module has none, and no other counter's script is one. */
export const tag = ofDocument("currentScript") as HTMLScriptElement | null;

// The website's script, which runs next, finds its service here.
export const origin = /^https?:..[^/]+/.exec(tag?.src ?? "")?.[0];
/** No view of this reader counts. */
export const isOptedOut = tag !== null && optsOut(tag.dataset);
/** What the page tells GoatCounter's script. Beside another counter's tag it is told to GoatCounter's own. */
export const goatcounter: GoatCounter = /\/count\.js/.test(tag?.src ?? "") ? settingsOf(tag) : {};
if (tag && origin) {
  tag.dataset["service"] = origin;
  if (isOptedOut || goatcounter.no_onload) tag.dataset["read"] = "";
}

function settingsOf(element: HTMLScriptElement | null): GoatCounter {
  try {
    return { ...window.goatcounter, ...window.JSON.parse(element?.dataset["goatcounterSettings"] ?? "{}") };
  } catch {
    // No JSON.
    return { ...window.goatcounter };
  }
}

/** Whether the reader has told another counter not to count here, or Umami's attributes of the tag say so. */
function optsOut({ doNotTrack, domains }: DOMStringMap): boolean {
  if (doNotTrack === "true" && /^(?:1|yes)$/.test(window.navigator.doNotTrack ?? "")) return true;
  if (domains && !domains.split(",").some((domain) => domain.trim() === location.hostname)) return true;
  try {
    const stored = (name: string) => window.localStorage.getItem(name);
    return Boolean(stored("umami.disabled")) || stored("plausible_ignore") === "true" || stored("skipgc") === "t";
  } catch {
    // The reader allows no storage.
    return false;
  }
}
