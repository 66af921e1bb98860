import { ask, type Numbers, readPages } from "./ask.ts";
import { pageKey } from "./page.ts";
import { ofDocument, select, serviceOf } from "./tag.ts";
import { watch } from "./watch.ts";

/** A view of a page, to which the service's answer is added. One that was refused, or not answered for 12 hours, stays as it was. */
export interface View extends Numbers {
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
  interface Document {
    readonly prerendering?: boolean;
  }
}

/**
 * Counts the page's views at one service, as the tag says that ran last or is in the document now.
 *
 * @param tags by service
 */
export const startCounter = (service: string, tags: Record<string, HTMLScriptElement>): void => {
  let url: string;
  let view: View;
  let key: string;
  /** The view's, and those of other pages, by {@link pageKey}. */
  let numbers: Record<string, Numbers>;

  /** Reads pages without counting; one that the service refuses does not spoil the others. */
  const read = async (pages: string[]): Promise<void> => {
    const found = numbers;
    const answer = await readPages(url, view.site, pages);
    if (answer) {
      pages.map((page, index) => window.Object.assign(found[pageKey(page)] as Numbers, answer, answer.pages?.[index]));
      fill();
    } else if (pages[1]) {
      read(pages.splice(pages.length / 2));
      read(pages);
    }
  };

  /** Writes what is new, or has been emptied. */
  const fill = (): void => {
    // An element shows the numbers of one service.
    if (window.Object.keys(tags)[0] !== service) return;
    const unknown: string[] = [];
    for (const element of select<HTMLElement & { footfall?: unknown }>("[data-visits],[data-visits-of]")) {
      const field = element.dataset["visits"] || "visits";
      const other = element.dataset["visitsOf"];
      const name = other ? pageKey(other) : key;
      const known = numbers[name];
      const total = known?.[field === "site" ? "siteVisits" : field] as number;
      const shown = view.id + total;
      // What the page has made of this view's number stays. The last view's does not where this one is refused.
      if (element.footfall === shown ? !element.textContent : total >= 0 || (known === window.footfall && element.footfall)) {
        element.footfall = shown;
        element.textContent = total?.toLocaleString() as string;
      }
      // Until the first view has an outcome, the page may still be parsed.
      if (!known && window.footfall) {
        numbers[name] = {};
        unknown.push(other as string);
      }
    }
    if (unknown[0]) read(unknown);
  };

  /** Counts where the page is another one than before, or back from the browser's cache; otherwise fills in what is new. */
  const look = async (event?: Partial<PageTransitionEvent>): Promise<void> => {
    try {
      let tag = tags[service] as HTMLScriptElement;
      if (!tag.isConnected) tag = select<HTMLScriptElement>("script").find((one) => serviceOf(one) === service) ?? tag;
      const page = tag.dataset["page"] || location.pathname;
      if (pageKey(page) === key && !event?.persisted) fill();
      else if (!ofDocument("prerendering")) {
        const current: View = {
          site: tag.dataset["site"] || location.hostname,
          page,
          id: window.Date.now() + `${window.Math.random()}`.slice(2),
        };
        view = current;
        key = pageKey(page);
        // A relative `src` is another address on the next page of a single-page application.
        url = `${tag.dataset["service"] ? serviceOf(tag) : service}/v1/visits`;
        numbers = { [key]: current };
        let isRead: boolean | undefined;
        try {
          isRead = "read" in tag.dataset || window.localStorage["footfall"] === "off";
        } catch {
          // The reader allows no storage.
        }
        if (isRead) await read([page]);
        else window.Object.assign(current, await ask(url, window.JSON.stringify(current)));
        // Else the page has changed while this view was on its way.
        if (current === view) {
          window.footfall = current;
          fill();
          window.dispatchEvent(new window.CustomEvent("footfall", { detail: current }));
        }
      }
    } catch {
      // The page has broken what this needs, and works without it.
    }
  };

  watch(look);
};
