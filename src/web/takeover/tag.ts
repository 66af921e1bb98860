/** How people say in their browser that other counters should not count them. */
const OPT_OUTS: Readonly<Record<string, string>> = { "umami.disabled": "1", plausible_ignore: "true", skipgc: "t" };

/** The tag that runs this; a module has none, and no other counter's script is one. */
export const tag = document.currentScript as HTMLScriptElement | null;

// The website's script, which runs next, finds its service here.
if (tag?.src) {
  tag.dataset["service"] = new URL(tag.src).origin;
  if (isOptedOut()) tag.dataset["read"] = "";
}

function isOptedOut(): boolean {
  try {
    return Object.entries(OPT_OUTS).some(([name, value]) => localStorage.getItem(name) === value);
  } catch {
    // The reader allows no storage.
    return false;
  }
}
