import { ofDocument } from "../embed/tag.ts";

// A page may own every global name, as in ../embed/embed.ts.

/** The tag that runs this; a module has none, and no other counter's script is one. */
export const tag = ofDocument("currentScript") as HTMLScriptElement | null;

// The website's script, which runs next, finds its service here.
const origin = /^https?:..[^/]+/.exec(tag?.src ?? "")?.[0];
if (tag && origin) {
  tag.dataset["service"] = origin;
  if (isOptedOut(tag.dataset)) tag.dataset["read"] = "";
}

/** Whether the reader has told another counter not to count here, or Umami's attributes of the tag say so. */
function isOptedOut({ doNotTrack, domains }: DOMStringMap): boolean {
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
