import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";
import { nodeOnSqlite, type Place, workerOnDurableObjects } from "../http/rows.ts";
import type { Served } from "../support/artefacts.ts";
import { openPage, startBrowser } from "../support/browser.ts";
import { requires, type Tool } from "../support/skip.ts";
import { settings } from "./stage.ts";
import { startWebsites, type Websites } from "./websites.ts";

/** What runs while the tests of a suite run. */
export interface Browsing {
  /** The service's address, without a slash at its end. */
  readonly url: string;
  /** The service's host and port, as websites write it. */
  readonly api: string;
  readonly websites: Websites;
  newSite(): string;
  /** The address of a page. */
  at(site: string, path: string): string;
  open(): Promise<{ page: Page; complaints: readonly string[] }>;
  totals(site: string, page: string): Promise<[page: number, site: number]>;
}

/** How long a test polls for what comes by itself: a browser and its pages take their time on a loaded machine. */
export const PATIENCE = { timeout: 30_000 };

/** Runs a suite in Chromium, with the service on Node and on the worker. */
export function describeBrowsing(name: string, tools: readonly Tool[], suite: (browsing: () => Browsing) => void): void {
  requires("chromium", ...tools)(name, () => {
    describe.each([nodeOnSqlite, workerOnDurableObjects])("$name", (row) => {
      let place: Place;
      let served: Served;
      let websites: Websites;
      let browser: Browser;
      let browsing: Browsing;

      beforeAll(async () => {
        const { env, sites } = settings("all");
        place = await row.place();
        served = await place.start(env);
        websites = await startWebsites();
        browser = await startBrowser();
        browsing = {
          url: served.url,
          // Another site than all of the pages', so that browsers trim what they send as Referer.
          api: `api.test:${new URL(served.url).port}`,
          websites,
          newSite: () => sites.next().value ?? "no site is left",
          at: (site, path) => `http://${site}:${websites.port}${path}`,
          open: () => openPage(browser),
          async totals(site, page) {
            const response = await fetch(`${served.url}/v1/visits?${new URLSearchParams({ site, page })}`);
            const { pages, siteVisits } = (await response.json()) as { pages: { visits: number }[]; siteVisits: number };
            return [pages[0]?.visits ?? 0, siteVisits];
          },
        };
      });
      afterAll(async () => {
        await browser?.close();
        await websites?.stop();
        await served?.stop();
        await place?.remove();
      });

      suite(() => browsing);
    });
  });
}

/** The text of an element, when it has a number. */
export async function textOf(page: Page, selector: string): Promise<string> {
  const element = page.locator(selector).filter({ hasText: /\d/ }).first();
  return (await element.textContent())?.trim() ?? "";
}
