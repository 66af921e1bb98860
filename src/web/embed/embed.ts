// The website's script: 800 bytes after gzip at most, so that where a terser form is as clear, it stands.
// biome-ignore-all lint/suspicious/noAssignInExpressions: saves bytes
// biome-ignore-all lint/suspicious/noDoubleEquals: saves bytes
// biome-ignore-all lint/style/useTemplate: saves bytes

/** A view of a page, to which the service's answer is added. One that was refused, or not answered for 12 hours, stays as it was. */
export interface View {
  readonly site: string;
  readonly page: string;
  /** Makes the view count once, however often it is sent. */
  readonly id: string;
  readonly visits?: number;
  readonly siteVisits?: number;
  /** Missing where the numbers were only read. */
  readonly counted?: boolean;
}

declare global {
  interface Window {
    /** The last view of which the outcome is known. */
    footfall?: View;
  }
  interface WindowEventMap {
    footfall: CustomEvent<View>;
  }
  interface History {
    /** Set where the page has the script already; unlike the window's, its properties are never an element's name. */
    footfall?: unknown;
  }
  interface Document {
    readonly prerendering?: boolean;
  }
}

/** The service knows an id for 24 hours; half of that is on the safe side. */
const GIVE_UP_MS = 12 * 3_600_000;

/** A day or so: what is longer begins anew, because a timer fires at once where its time overflows (24 days). */
const MAX_WAIT_MS = 100_000_000;

/** A module has no `currentScript`. The attributes are read at each view, so that they may change. */
const tag = (document.currentScript ?? document.querySelector('[src*="/embed.js"]')) as HTMLScriptElement;

let last: { readonly [name: string]: unknown } = {};
let path: string | undefined;

/** Counts where the page is another one than before, or back from the browser's cache; otherwise writes the numbers into the page. */
const look = async (event?: Partial<PageTransitionEvent>): Promise<void> => {
  const page = tag.dataset["page"] || location.pathname;
  if (!document.prerendering && (path != (path = page.replace(/\/$/, "")) || event?.persisted)) {
    const start = Date.now();
    const view = (last = { site: tag.dataset["site"] || location.hostname, page, id: start + ("" + Math.random()).slice(2) });
    const url = new URL("v1/visits", tag.src);
    // Plain text needs no preflight; a request that is kept alive outlives the page.
    let init: RequestInit = { keepalive: true, method: "POST", body: JSON.stringify(view) };
    try {
      if ("read" in tag.dataset || localStorage["footfall"] == "off") {
        url.search = new URLSearchParams(view) as unknown as string;
        init = {};
      }
    } catch {
      // The reader allows no storage.
    }
    for (let seconds = 1, after = 0; Date.now() - start < GIVE_UP_MS; seconds += seconds) {
      try {
        const response = await fetch(url, init);
        // 429 and 503 say when to come again, in text that compares as a number; any other 4xx is the last word.
        if (!(after = response.headers.get("Retry-After") as unknown as number) && response.status < 500) {
          const answer = response.ok ? await response.json() : {};
          Object.assign(view, answer, answer.pages?.[0]);
          break;
        }
      } catch {
        // No connection, or half an answer: it may have counted, and is safe to send again.
      }
      await new Promise((resolve) => {
        setTimeout(resolve, (1_000 * (after > seconds ? after : seconds)) % MAX_WAIT_MS);
        addEventListener("online", resolve);
      });
    }
    // Else the page has changed while this view was on its way.
    if (view == last) dispatchEvent(new CustomEvent("footfall", { detail: (window.footfall = view) }));
  } else
    for (const element of document.querySelectorAll<HTMLElement>("[data-visits]")) {
      const name = element.dataset["visits"];
      const total = last[name ? name + "Visits" : "visits"] as number;
      if (total >= 0) element.textContent = total.toLocaleString();
    }
};

if (tag?.src && !history.footfall) {
  history.footfall = look;
  // Captured, as "prerenderingchange" does not bubble up from the document.
  for (const name of ["pageshow", "footfall", "prerenderingchange", "popstate", "DOMContentLoaded"]) addEventListener(name, look, true);
  try {
    navigation.addEventListener("currententrychange", look);
  } catch {
    for (const name of ["pushState", "replaceState"] as const) {
      const original = history[name];
      history[name] = (...state) => {
        original.apply(history, state);
        look();
      };
    }
  }
  look();
}
