import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DIST, ROOT } from "../../build/root.ts";
import { type Served, startNodeServer, startWorker } from "../support/artefacts.ts";
import { requires } from "../support/skip.ts";
import { findBarriers, openBrowser, openPage } from "./dashboard-browser.ts";
import { fill, fillHostile, HOSTILE, importLines, KEY, SITE, TODAY } from "./dashboard-data.ts";

/** By then an answer from loopback would be there. */
const NO_NEWS_MS = 500;
const SHOTS = join(DIST, "screenshots");
const SETTINGS = { SITES: "*", ADMIN_KEY: KEY };

type Start = (settings: Record<string, string>) => Promise<Served>;
const onNode: Start = (settings) => startNodeServer({ ...SETTINGS, SQLITE_PATH: ":memory:", ...settings });
const onWorkerd: Start = (settings) => startWorker({ ...SETTINGS, ...settings });

let browser: Browser;
beforeAll(async () => {
  await mkdir(SHOTS, { recursive: true });
});

async function openFull(url: string, options: Parameters<typeof openPage>[1] = {}): Promise<{ page: Page; complaints: string[] }> {
  const opened = await openPage(browser, options);
  await opened.page.goto(url);
  await opened.page.locator("#chart canvas").waitFor();
  return opened;
}

const rows = (page: Page) => page.locator("#pages tbody th").allInnerTexts();
const shot = (page: Page, name: string) => page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });

requires("chromium")("the dashboard", () => {
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  describe.each([
    { name: "on Node", start: onNode },
    { name: "on workerd", start: onWorkerd },
  ])("$name", ({ name, start }) => {
    const runtime = name === "on Node" ? "" : "workerd-";
    let served: Served;
    beforeAll(async () => {
      served = await start({ PUBLIC_STATS: "true" });
    });
    afterAll(() => served?.stop());

    test("is empty at first, and offers the tag to copy", async () => {
      const { page, complaints } = await openPage(browser);
      await page.goto(served.url);
      await page.getByRole("heading", { name: "No visits yet" }).waitFor();
      await page.getByRole("button", { name: "Copy the tag" }).click();
      await expect
        .poll(() => page.evaluate(() => navigator.clipboard.readText()))
        .toBe(`<script async src="${served.url}/embed.js"></script>`);
      await shot(page, `${runtime}empty`);
      expect(await findBarriers(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    test.each([
      { look: "full", options: {} },
      { look: "dark", options: { dark: true } },
      { look: "360-px", options: { width: 360, height: 780 } },
      // 1280 px at 400 % zoom.
      { look: "zoomed", options: { width: 320, height: 256 } },
      { look: "wide", options: { width: 2_000, height: 1_000 } },
    ])("shows sites, days and pages: $look", async ({ look, options }) => {
      if (look === "full") await fill(served.url);
      const { page, complaints } = await openFull(served.url, options);
      expect(await page.locator("#sites li").allInnerTexts()).toEqual([
        expect.stringContaining(SITE),
        expect.stringContaining("blog.example.org"),
      ]);
      expect(await page.locator("#caption").innerText()).toBe(`Visits to ${SITE} a day, Oct 24, 2026 to Nov 22, 2026 (UTC)`);
      expect((await rows(page)).slice(0, 3)).toEqual(["/", "/blog/counting-exactly-once", "/blog"]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      // Neither a port of the day nor an address is in the picture.
      await page.evaluate(() => {
        for (const field of document.querySelectorAll<HTMLInputElement>("input[readonly]")) {
          field.value = field.value.replace(/http:\/\/[\d.:]+/, "https://visits.example.com");
        }
      });
      await shot(page, `${runtime}${look}`);
      if (look === "full" && runtime === "")
        await page.screenshot({
          path: join(ROOT, ".github", "dashboard.png"),
          clip: { x: 0, y: 0, width: 1_280, height: 1_000 },
          fullPage: true,
        });
      expect(await findBarriers(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    test("shows hostile names as text, everywhere", async () => {
      await fillHostile(served.url);
      const { page, complaints } = await openFull(`${served.url}/?site=hostile.example&days=7`);
      const names = await rows(page);
      expect(names).toHaveLength(HOSTILE.length);
      expect(names).toContain("/javascript:alert(1)");
      expect(names).toContain("/evil%E2%80%AEgpj.exe");
      expect(names).toContain("/🐾/日本語");
      expect(names.join()).not.toContain("\u202e");
      for (let index = 0; index < HOSTILE.length; index += 1) {
        await page.locator("#pages tbody a").nth(index).click();
        await expect.poll(() => page.locator("#title").innerText()).toBe(names[index]);
        expect(await page.locator("img").count()).toBe(2);
        expect(await page.locator("main script").count()).toBe(0);
      }
      await shot(page, `${runtime}hostile`);
      expect(await findBarriers(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    test("sorts by keyboard, says so, and searches", async () => {
      const { page } = await openFull(`${served.url}/?site=${SITE}`);
      const header = page.getByRole("columnheader", { name: "Page" });
      await header.getByRole("button").focus();
      await page.keyboard.press("Enter");
      await expect.poll(() => header.getAttribute("aria-sort")).toBe("ascending");
      expect(await rows(page)).toEqual((await rows(page)).toSorted((one, other) => (one < other ? -1 : 1)));
      await page.keyboard.press("Space");
      await expect.poll(() => header.getAttribute("aria-sort")).toBe("descending");
      expect(await header.getByRole("button").evaluate((button) => button === document.activeElement)).toBe(true);
      expect(await page.getByRole("columnheader", { name: "Period" }).getAttribute("aria-sort")).toBe("none");
      await page.getByRole("searchbox", { name: "Search pages" }).fill("CAFÉ");
      await expect.poll(() => rows(page)).toEqual(["/notes/café"]);
      await page.getByRole("searchbox", { name: "Search pages" }).fill("no such page");
      await page.locator("#no-pages").getByText("No page has “no such page” in its name.").waitFor();
      await page.context().close();
    });

    test("shows another period, one page, and the days as a table; the address holds them, and Back undoes them", async () => {
      const { page, complaints } = await openFull(`${served.url}/?site=${SITE}`);
      await page.getByRole("radio", { name: "7 days" }).check({ force: true });
      await expect.poll(() => page.locator("#tile-period-name").innerText()).toBe("Last 7 days");
      await page.locator("#pages tbody a", { hasText: "/about" }).click();
      await expect.poll(() => page.locator("#title").innerText()).toBe("/about");
      expect(new URL(page.url()).search).toBe(`?site=${SITE}&page=%2Fabout&days=7`);
      await page.getByText("Show the days as a table").click();
      const table = page.getByRole("table", { name: /a day, Nov 16, 2026 to Nov 22, 2026 \(UTC\)/ });
      expect(await table.getByRole("rowheader").allInnerTexts()).toHaveLength(7);
      expect((await table.getByRole("rowheader").allInnerTexts())[0]).toBe("Nov 22, 2026");
      await page.reload();
      await expect.poll(() => page.locator("#title").innerText()).toBe("/about");
      await page.goBack();
      await expect.poll(() => page.locator("#title").innerText()).toBe(SITE);
      await page.getByRole("radio", { name: "Dates" }).check({ force: true });
      await page.getByLabel("From").fill("2026-11-30");
      await page.getByText("The first day is after the last.").waitFor();
      await page.getByLabel("From").fill("2026-11-01");
      await expect.poll(() => page.locator("#tile-period-name").innerText()).toBe("22 days");
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    test("refreshes by itself: numbers change, focus stays, nothing is announced", async () => {
      const { page } = await openFull(`${served.url}/?site=blog.example.org`);
      const link = page.locator("#pages tbody a", { hasText: "/hello" });
      await link.focus();
      await page.evaluate(() => {
        for (const region of document.querySelectorAll("[role=status],[role=alert],[aria-live],output")) {
          new MutationObserver(() => document.body.setAttribute("data-announced", region.id)).observe(region, {
            childList: true,
            characterData: true,
            subtree: true,
            attributes: true,
          });
        }
      });
      const before = await page.locator("#tile-total").innerText();
      await importLines(served.url, "blog.example.org", [JSON.stringify({ page: "/hello", visits: 100_000, days: { [TODAY]: 100_000 } })]);
      await expect.poll(() => page.locator("#tile-total").innerText(), { timeout: 25_000 }).not.toBe(before);
      await expect.poll(() => page.locator("#pages tbody tr", { hasText: "/hello" }).innerText()).toContain("100,");
      expect(await link.evaluate((element) => element === document.activeElement)).toBe(true);
      expect(await page.locator("body").getAttribute("data-announced")).toBeNull();
      expect((await rows(page))[0]).toBe("/");
      await page.context().close();
    });

    test("says what failed, and tries again", async () => {
      const { page, complaints } = await openPage(browser);
      const detail = "The store did not answer in time.";
      await page.route("**/v1/sites*", (route) =>
        route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ detail }) }),
      );
      await page.goto(served.url);
      await page.getByRole("alert").getByText(detail).waitFor();
      await shot(page, `${runtime}error`);
      expect(await findBarriers(page)).toEqual([]);
      await page.unroute("**/v1/sites*");
      await page.getByRole("button", { name: "Try again" }).click();
      await page.locator("#chart canvas").waitFor();
      expect(complaints.filter((text) => !/status of 503/.test(text))).toEqual([]);
      await page.context().close();
    });
  });

  test("asks for the key where numbers are not public, keeps it in the tab alone, and forgets it", async () => {
    const served = await onNode({ PUBLIC_STATS: "false" });
    await fill(served.url);
    const { page } = await openPage(browser);
    await page.goto(served.url);
    await page.getByLabel("API key").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("This is not the key.").waitFor();
    await shot(page, "key");
    // A look for news leaves alone what is being typed.
    await page.getByLabel("API key").pressSequentially("half");
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.waitForTimeout(NO_NEWS_MS);
    await page.getByLabel("API key").pressSequentially(" a key");
    expect(await page.getByLabel("API key").inputValue()).toBe("half a key");
    expect(await page.getByText("This is not the key.").isVisible()).toBe(true);
    expect(await findBarriers(page)).toEqual([]);
    await page.getByLabel("API key").fill(KEY);
    await page.keyboard.press("Enter");
    await page.locator("#chart canvas").waitFor();
    await page.reload();
    await page.locator("#chart canvas").waitFor();
    const kept = await page.evaluate(() => ({
      local: { ...localStorage },
      session: Object.values(sessionStorage),
      cookie: document.cookie,
      url: location.href,
    }));
    expect(kept).toEqual({ local: {}, session: [KEY], cookie: "", url: `${served.url}/` });
    const other = await page.context().newPage();
    await other.goto(served.url);
    await other.getByRole("heading", { name: "These numbers are not public" }).waitFor();
    await page.getByRole("button", { name: "Forget the key" }).click();
    await page.getByRole("heading", { name: "These numbers are not public" }).waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    await page.context().close();
    await served.stop();
  });

  test("says what is missing where there is no key at all", async () => {
    const served = await startNodeServer({ SITES: "*", SQLITE_PATH: ":memory:" });
    const { page } = await openPage(browser);
    await page.goto(served.url);
    await page.getByText("set PUBLIC_STATS=true or an ADMIN_KEY").waitFor();
    expect(await page.getByLabel("API key").isVisible()).toBe(false);
    expect(await findBarriers(page)).toEqual([]);
    await page.context().close();
    await served.stop();
  });

  test("finds a page among thousands", async () => {
    const served = await onNode({ PUBLIC_STATS: "true" });
    const lines = Array.from({ length: 2_500 }, (_, index) =>
      JSON.stringify({ page: `/archive/${index}`, visits: 1, days: { [TODAY]: 1 } }),
    );
    await importLines(served.url, SITE, lines);
    const { page } = await openFull(served.url);
    expect(await page.locator("#pages-title").innerText()).toBe("Top pages");
    await page.getByRole("searchbox").fill("/archive/2499");
    await expect.poll(() => rows(page), { timeout: 20_000 }).toEqual(["/archive/2499"]);
    await page.context().close();
    await served.stop();
  });
});
