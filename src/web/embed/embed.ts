import { startCounter } from "./counter.ts";
import { ofDocument, select, serviceOf } from "./tag.ts";

// A page may own every global name: what is needed is taken from `window`, but for `document` and `location`, which nothing can hide.

declare global {
  interface Location {
    /** By service, the tag that ran last: a copy of the script that finds its service here lets the first one go on. */
    footfall?: Record<string, HTMLScriptElement>;
  }
}

try {
  const last = location.footfall ?? {};
  location.footfall = last;
  const own = ofDocument("currentScript") as HTMLScriptElement | null;
  const tags = (own ? [own] : select<HTMLScriptElement>("[data-service],[type=module]")).filter(serviceOf);
  // A module does not know its own tag: the only one is, or each that names its service; another vendor's may be called the same.
  const certain = tags.filter((tag) => tag.dataset["service"] || !tags[1]);
  if (!certain[0]) window.console.warn("Footfall: no data-service");
  for (const tag of certain) {
    const service = serviceOf(tag) as string;
    const isKnown = last[service];
    last[service] = tag;
    if (!isKnown) startCounter(service, last);
  }
} catch {
  // The page has broken what this needs, and works without it.
}
