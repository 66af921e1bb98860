import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { visitUnwatched } from "../support/browser.ts";
import { requires } from "../support/skip.ts";
import { PATIENCE, RUNTIMES, type Stage, setStage } from "./embed-stage.ts";

/** Notes what the page is told: the event's details, and whether it came back from the back/forward cache. */
const NOTES = `
  seen = [];
  persisted = null;
  addEventListener("footfall", (event) => seen.push(event.detail));
  addEventListener("pageshow", (event) => { persisted = event.persisted; });
`;
const NO_NAVIGATION_API = "delete window.navigation";

/** Long tasks, layout shifts, and what of long frames the script alone took so long for (50 ms). */
const MEASURE = `Promise.all(["longtask", "layout-shift", "long-animation-frame"].map((type) => new Promise((resolve) => {
  const entries = [];
  new PerformanceObserver((list) => entries.push(...list.getEntries())).observe({ type, buffered: true });
  setTimeout(() => resolve(entries), 200);
}))).then(([tasks, shifts, frames]) => ({
  tasks: tasks.length,
  shifts: shifts.length,
  ours: frames.flatMap(({ scripts }) => scripts).filter(({ sourceURL, duration }) => sourceURL.endsWith("/embed.js") && duration >= 50).length,
}))`;

/** How often a page may be loaded to see it without a long task. */
const MOST_LOADS = 15;

/** Both numbers, as the page shows them. */
function shown(page: Page): Promise<string[]> {
  return page.locator("[data-visits]").allTextContents();
}

/** Waits for the answers to so many views of this document. */
async function settled(page: Page, views: number): Promise<void> {
  await page.waitForFunction(`seen.length >= ${views}`);
}

for (const [runtime, start] of Object.entries(RUNTIMES)) {
  requires("chromium")(`the sample website counts at ${runtime}`, () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await setStage(start);
    });
    afterEach(() => stage.clear());
    afterAll(() => stage?.stop());

    /** The pages that came to be counted, in order; each with an id of its own, and none asked leave by a preflight. */
    function counted(site: string): string[] {
      const views = stage.counts(site).map(({ body }) => JSON.parse(body));
      expect(new Set(views.map(({ id }) => id)).size).toBe(views.length);
      expect(stage.api.asked.filter(({ method }) => method === "OPTIONS")).toEqual([]);
      return views.map(({ page }) => page);
    }

    test("each load, with one request, and shows the numbers of page and site", async () => {
      const site = stage.newSite();
      const { page, complaints } = await stage.open();
      await page.addInitScript(NOTES);
      for (const [path, numbers] of [
        ["/", ["1", "1"]],
        ["/about", ["1", "2"]],
        ["/", ["2", "3"]],
      ] as const) {
        await page.goto(stage.at(site, path));
        await settled(page, 1);
        expect(await shown(page)).toEqual(numbers);
      }
      await page.reload();
      await settled(page, 1);
      expect(counted(site)).toEqual(["/", "/about", "/", "/"]);
      expect(await stage.totals(site, "/", "/about")).toEqual({ siteVisits: 4, visits: [3, 1] });
      expect(complaints).toEqual([]);
    });

    test.each([
      { api: "with the Navigation API", script: "" },
      { api: "with the history alone", script: NO_NAVIGATION_API },
    ])("each page of a single-page application once, $api", async ({ script }) => {
      const site = stage.newSite();
      const { page, complaints } = await stage.open();
      await page.addInitScript(NOTES + script);
      await page.goto(stage.at(site, "/app/spring"));
      expect(await page.evaluate("'navigation' in window")).toBe(script === "");
      await settled(page, 1);
      await page.getByRole("link", { name: "Summer" }).click();
      await settled(page, 2);
      expect(await shown(page)).toEqual(["1", "2"]);
      // Another query, another fragment and a slash at the end make no other page.
      await page.getByRole("button", { name: "Miles" }).click();
      await page.evaluate("location.hash = 'text'");
      await page.evaluate("history.replaceState(null, '', '/app/summer/'); history.pushState(null, '', '/app/summer')");
      await page.getByRole("link", { name: "Winter" }).click();
      await settled(page, 3);
      await page.evaluate("history.go(-4)");
      await settled(page, 4);
      await page.evaluate("history.go(4)");
      await settled(page, 5);
      await page.evaluate("history.replaceState(null, '', '/app/autumn')");
      await settled(page, 6);
      expect(counted(site)).toEqual(["/app/spring", "/app/summer", "/app/winter", "/app/spring", "/app/winter", "/app/autumn"]);
      expect((await stage.totals(site)).siteVisits).toBe(6);
      expect(complaints).toEqual([]);
    });

    test("going back and forward, from the back/forward cache", async () => {
      const site = stage.newSite();
      const { page } = await stage.openCached();
      await page.addInitScript(NOTES);
      await page.goto(stage.at(site, "/"));
      await settled(page, 1);
      await page.goto(stage.at(site, "/about"));
      await settled(page, 1);
      await page.evaluate("history.back()");
      await page.waitForFunction("location.pathname === '/' && seen.length === 2");
      expect(await page.evaluate("persisted")).toBe(true);
      expect(await shown(page)).toEqual(["2", "3"]);
      await page.evaluate("history.forward()");
      await page.waitForFunction("location.pathname === '/about' && seen.length === 2");
      expect(await page.evaluate("persisted")).toBe(true);
      expect(counted(site)).toEqual(["/", "/about", "/", "/about"]);
      expect(await stage.totals(site, "/", "/about")).toEqual({ siteVisits: 4, visits: [2, 2] });
    });

    test("going back and forward, loaded again", async () => {
      const site = stage.newSite();
      const { page } = await stage.open();
      await page.addInitScript(NOTES);
      await page.goto(stage.at(site, "/"));
      await settled(page, 1);
      await page.goto(stage.at(site, "/about"));
      await settled(page, 1);
      await page.goBack();
      await settled(page, 1);
      expect(await page.evaluate("persisted")).toBe(false);
      await page.goForward();
      await settled(page, 1);
      expect(counted(site)).toEqual(["/", "/about", "/", "/about"]);
    });

    test("a prerendered page when it is shown, and not before", async () => {
      const site = stage.newSite();
      const rules = JSON.stringify({ prerender: [{ urls: ["/about"], eagerness: "immediate" }] });
      const wait = `fetch("/shown").then(() => { location.href = "/about"; })`;
      stage.pages.set("/prerenders", `<!doctype html><script type="speculationrules">${rules}</script><script>${wait}</script>`);
      let show = () => {};
      stage.pages.set("/shown", new Promise<string>((resolve) => (show = () => resolve(""))));
      const asked = (path: string) => stage.web.asked.filter((one) => one.path === path && one.headers.host?.startsWith(`${site}:`));
      const scripts = () => stage.api.asked.filter(({ path, headers }) => path === "/embed.js" && headers.referer?.includes(site));
      const end = await visitUnwatched(stage.at(site, "/prerenders"));
      try {
        await expect.poll(() => scripts().length, PATIENCE).toBe(1);
        await sleep(500);
        expect(counted(site)).toEqual([]);
        show();
        await expect.poll(() => counted(site), PATIENCE).toEqual(["/about"]);
        await expect.poll(() => stage.totals(site, "/about"), PATIENCE).toEqual({ siteVisits: 1, visits: [1] });
        // It was this very document, which was not asked for again.
        expect(asked("/about").map(({ headers }) => headers["sec-purpose"])).toEqual(["prefetch;prerender"]);
      } finally {
        await end();
      }
    });

    test("without a long task or a layout shift that the page lacks without the script", async () => {
      const site = stage.newSite();
      const html = await (await fetch(`${stage.web.url}/`)).text();
      stage.pages.set("/without", html.replace(/<script.*?<\/script>/, ""));
      /** Loads a page until it has no long task: on a busy machine any page has one now and then. */
      const observe = async (path: string) => {
        const { page } = await stage.open();
        for (let load = 1; ; load += 1) {
          await page.goto(stage.at(site, path));
          await sleep(500);
          const found = await page.evaluate<{ tasks: number; shifts: number; ours: number }>(MEASURE);
          if (found.tasks === 0 || load === MOST_LOADS) return { ...found, load: `${load}`, shown: await shown(page) };
        }
      };
      expect(await observe("/without")).toMatchObject({ tasks: 0, shifts: 0, ours: 0, shown: ["", ""] });
      const { load, ...rest } = await observe("/");
      expect(rest).toEqual({ tasks: 0, shifts: 0, ours: 0, shown: [load, load] });
    });
  });
}
