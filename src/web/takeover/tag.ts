import { ofDocument } from "../embed/tag.ts";

// A page may own every global name, as in ../embed/embed.ts.

/** How people say in their browser that other counters should not count them. */
const OPT_OUTS: Readonly<Record<string, string>> = { "umami.disabled": "1", plausible_ignore: "true", skipgc: "t" };

/** The tag that runs this; a module has none, and no other counter's script is one. */
export const tag = ofDocument("currentScript") as HTMLScriptElement | null;

// The website's script, which runs next, finds its service here.
const origin = /^https?:..[^/]+/.exec(tag?.src ?? "")?.[0];
if (tag && origin) {
  tag.dataset["service"] = origin;
  if (isOptedOut()) tag.dataset["read"] = "";
}

function isOptedOut(): boolean {
  try {
    return window.Object.entries(OPT_OUTS).some(([name, value]) => window.localStorage.getItem(name) === value);
  } catch {
    // The reader allows no storage.
    return false;
  }
}
