type Answer = { readonly [key: string]: unknown; readonly visits?: number; readonly siteVisits?: number };

declare global {
  interface Window {
    footfall?: Answer | undefined;
  }
  interface History {
    footfall?: boolean;
  }
  interface Document {
    readonly prerendering?: boolean;
  }
}

const tag = (document.currentScript ?? document.querySelector('[src*="/embed.js"]')) as HTMLScriptElement | null;
let answer: any;
let views = 0;
let path: string | undefined;

const show = (): void => {
  for (const element of document.querySelectorAll<HTMLElement>("[data-visits]")) {
    const name = element.dataset["visits"];
    const total = name ? name === "site" && answer?.siteVisits : answer?.visits;
    if (total >= 0) element.textContent = total.toLocaleString();
  }
};

const tell = async (page: string): Promise<void> => {
  const { dataset, src } = tag;
  const view = ++views;
  const start = Date.now();
  const wish = { site: dataset["site"] || location.hostname, page, id: `${start}-${Math.random() * 2 ** 53}` };
  let reads = "read" in dataset;
  try {
    reads ||= localStorage["footfall"] === "off";
  } catch {}
  let found: any;
  for (let wait = 1; !found && Date.now() - start < 432e5; wait *= 2) {
    let after: any;
    try {
      const response = await fetch(new URL(reads ? `v1/visits?${new URLSearchParams(wish)}` : "v1/visits", src), {
        method: reads ? "GET" : "POST",
        body: reads ? undefined : JSON.stringify(wish),
        keepalive: true,
        priority: "low",
        signal: AbortSignal.timeout?.(2e4),
      });
      after = response.headers.get("Retry-After");
      if (response.ok) Object.assign((found = await response.json()), found.pages?.[0]);
      else if (!after && response.status < 500) found = { status: response.status };
    } catch {}
    if (!found) await new Promise((resolve) => {
      setTimeout(resolve, 1e3 * Math.max(wait, after % 43200 || 0));
      addEventListener("online", resolve);
    });
  }
  if (view === views) {
    window.footfall = answer = found;
    show();
    document.dispatchEvent(new CustomEvent("footfall", { bubbles: true, detail: found }));
  }
};

const look = (event?: Event): void => {
  const page = tag.dataset["page"] || location.pathname;
  if (!document.prerendering && (path !== (path = page.replace(/\/(index\.html?)?$/, "")) || (event as PageTransitionEvent)?.persisted)) tell(page);
};

if (tag && !history.footfall) {
  history.footfall = true;
  addEventListener("DOMContentLoaded", show);
  addEventListener("popstate", look);
  addEventListener("pageshow", look);
  document.addEventListener("prerenderingchange", look);
  if (window.navigation) navigation.addEventListener("currententrychange", look);
  else
    for (const name of ["pushState", "replaceState"] as const) {
      const original = history[name];
      history[name] = (...state) => {
        original.apply(history, state);
        look();
      };
    }
  look();
}
