import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { requires } from "../support/skip.ts";
import { PATIENCE, RUNTIMES, type Stage, setStage } from "./embed-stage.ts";

const BODY = `<p id="page" data-visits></p><p id="site" data-visits="site"></p><p id="other" data-visits="today">?</p>`;
const ANSWERED = "window.footfall?.visits >= 0";

function shown(page: Page): Promise<string[]> {
  return page.locator("[data-visits]").allTextContents();
}

for (const [runtime, start] of Object.entries(RUNTIMES)) {
  requires("chromium")(`the script's options, at ${runtime}`, () => {
    let stage: Stage;
    let site: string;
    beforeAll(async () => {
      stage = await setStage(start);
    });
    afterEach(() => stage.clear());
    afterAll(() => stage?.stop());

    /** A page of a new website with these attributes on its tag. */
    async function visit(attributes: string, options: { path?: string; body?: string; before?: string; locale?: string } = {}) {
      const { path = "/options", body = BODY, before = "", locale = "en-US" } = options;
      site = stage.newSite();
      stage.pages.set(path, `<!doctype html><title>Options</title>${tag(attributes)}${body}`);
      const opened = await stage.open({ locale });
      await opened.page.addInitScript(before);
      await opened.page.goto(stage.at(site, path), { waitUntil: "domcontentloaded" });
      return opened;
    }

    const tag = (attributes: string) => `<script ${attributes} src="${stage.api.url}/embed.js"></script>`;
    const bodies = () => stage.counts(site).map(({ body }) => JSON.parse(body));

    test.each(["", "async", "defer", 'type="module"'])("counts and fills in with <script %s>", async (attributes) => {
      const { page, complaints } = await visit(attributes);
      await page.waitForFunction(ANSWERED);
      expect(await shown(page)).toEqual(["1", "1", "?"]);
      expect(bodies()).toEqual([{ site, page: "/options", id: expect.stringMatching(/^\d{20,40}$/) }]);
      expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
    });

    test("fills in elements that come after the answer, as soon as the page is parsed", async () => {
      let parse = () => {};
      stage.pages.set("/late.js", new Promise<string>((resolve) => (parse = () => resolve(""))));
      let load = () => {};
      stage.pages.set("/late.png", new Promise<string>((resolve) => (load = () => resolve(""))));
      const opening = visit("", { body: `<script src="/late.js"></script>${BODY}<img src="/late.png">` });
      await expect.poll(() => stage.counts(site).length, PATIENCE).toBe(1);
      // The answer is there, and nothing to show it in.
      await sleep(500);
      parse();
      const { page } = await opening;
      await page.waitForFunction("document.querySelector('#page').textContent === '1'");
      expect(await page.evaluate("document.readyState")).toBe("interactive");
      load();
    });

    test("counts on a page that is loaded already, and once where the tag is there twice", async () => {
      site = stage.newSite();
      stage.pages.set("/twice", `<!doctype html>${BODY}`);
      const { page } = await stage.open();
      await page.goto(stage.at(site, "/twice"));
      for (let time = 0; time < 2; time += 1) await page.addScriptTag({ url: `${stage.api.url}/embed.js` });
      await page.waitForFunction(ANSWERED);
      await page.evaluate("history.pushState(null, '', '/twice/more')");
      await page.waitForFunction("footfall.page === '/twice/more'");
      expect(bodies().map((body) => body.page)).toEqual(["/twice", "/twice/more"]);
    });

    test("sends an ordinary request of plain text: no preflight, no cookie, and nothing is stored", async () => {
      const { page } = await visit("async", { before: "document.cookie = 'own=1'; localStorage.own = 1" });
      await page.waitForFunction(ANSWERED);
      const [one] = stage.counts(site);
      expect(one?.headers["content-type"]).toBe("text/plain;charset=UTF-8");
      expect(one?.headers.cookie).toBeUndefined();
      expect(stage.api.asked.some(({ method }) => method === "OPTIONS")).toBe(false);
      expect(await page.evaluate("[document.cookie, JSON.stringify(localStorage), sessionStorage.length]")).toEqual([
        "own=1",
        '{"own":"1"}',
        0,
      ]);
      expect((await page.context().cookies()).map(({ name }) => name)).toEqual(["own"]);
      expect(await page.evaluate("indexedDB.databases().then((found) => found.length)")).toBe(0);
    });

    test("data-page names the page, data-site the site", async () => {
      const { page } = await visit('async data-page="/named/"');
      await page.waitForFunction(ANSWERED);
      expect(await page.evaluate("footfall")).toMatchObject({ site, page: "/named", visits: 1, siteVisits: 1, counted: true });
      const mine = site;
      const other = await visit(`async data-page="/named" data-site="${mine}" data-read`);
      await other.page.waitForFunction(ANSWERED);
      expect(await other.page.evaluate("footfall")).toMatchObject({ site: mine, page: "/named", visits: 1, siteVisits: 1 });
      expect(bodies()).toEqual([]);
    });

    test("data-read shows without counting", async () => {
      const { page, complaints } = await visit("async data-read");
      await page.waitForFunction(ANSWERED);
      expect(await shown(page)).toEqual(["0", "0", "?"]);
      expect(await page.evaluate("footfall.counted")).toBeUndefined();
      expect(await stage.totals(site)).toEqual({ siteVisits: 0, visits: [] });
      expect(stage.api.asked.some(({ method }) => method === "OPTIONS")).toBe(false);
      expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
    });

    test("the owner's visits stay out, and show the numbers all the same", async () => {
      const { page } = await visit("async", { before: "localStorage.footfall = 'off'" });
      await page.waitForFunction(ANSWERED);
      expect(await shown(page)).toEqual(["0", "0", "?"]);
      expect(await stage.totals(site)).toEqual({ siteVisits: 0, visits: [] });
    });

    test("counts where the page may not touch the storage", async () => {
      const before = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } })";
      const { page, complaints } = await visit("async", { before });
      await page.waitForFunction(ANSWERED);
      expect(bodies()).toHaveLength(1);
      expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
    });

    test("tells of each answer by an event on the window, and keeps the last one", async () => {
      const { page } = await visit("async", {
        before: "told = []; addEventListener('footfall', ({ detail }) => told.push({ ...detail }))",
      });
      await page.waitForFunction(ANSWERED);
      await page.evaluate("history.pushState(null, '', '/options/2')");
      await page.waitForFunction("told.length === 2");
      expect(await page.evaluate("told")).toMatchObject([
        { id: expect.any(String), site, page: "/options", visits: 1, siteVisits: 1, counted: true },
        { id: expect.any(String), site, page: "/options/2", visits: 1, siteVisits: 2, counted: true },
      ]);
      expect(await page.evaluate("[told[1].id === footfall.id, footfall.siteVisits]")).toEqual([true, 2]);
    });

    test.each([
      { locale: "en-US", text: "1,234,567" },
      { locale: "de-DE", text: "1.234.567" },
      { locale: "fr-FR", text: "1\u202f234\u202f567" },
      { locale: "ar-EG", text: "١٬٢٣٤٬٥٦٧" },
    ])("writes numbers as the reader of $locale does", async ({ locale, text }) => {
      stage.api.decide = ({ method }) =>
        method === "POST" ? { status: 200, body: '{"site":"s","page":"/","visits":1234567,"siteVisits":7654321,"counted":true}' } : "pass";
      const { page } = await visit("async", { locale });
      await page.waitForFunction(ANSWERED);
      expect((await shown(page))[0]).toBe(text);
    });

    test.each([
      ["<img src=x onerror=alert(1)>", "%3Cimg%20src=x%20onerror=alert(1)%3E"],
      ["javascript:alert(1)//", null],
      ["/\u202egnp.exe", "/%E2%80%AEgnp.exe"],
      ["/🦆🦆", "/%F0%9F%A6%86%F0%9F%A6%86"],
      [`/${"x".repeat(1_023)}`, `/${"x".repeat(1_023)}`],
    ])("a page named %j harms nobody", async (name, known) => {
      const { page } = await visit(`async data-page="${name.replaceAll("<", "&lt;")}"`);
      await page.waitForFunction("window.footfall");
      const elements = await page.evaluate("document.querySelectorAll('img, a, svg, iframe').length");
      expect(elements).toBe(0);
      expect(await shown(page)).toEqual(known === null ? ["", "", "?"] : ["1", "1", "?"]);
      expect((await stage.totals(site)).siteVisits).toBe(known === null ? 0 : 1);
      if (known !== null) expect(await page.evaluate("footfall.page")).toBe(known.startsWith("/") ? known : `/${known}`);
    });

    test("an answer that is not one changes nothing but text", async () => {
      stage.api.decide = ({ method }) =>
        method === "POST" ? { status: 200, body: '{"visits":"<img src=x onerror=alert(1)>","siteVisits":{"a":1}}' } : "pass";
      const { page } = await visit("async");
      await page.waitForFunction("window.footfall");
      expect(await shown(page)).toEqual(["", "", "?"]);
    });
  });
}
