import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DIST, ROOT } from "../../build/root.ts";
import { type Served, startNodeServer } from "../support/artefacts.ts";
import { requires } from "../support/skip.ts";
import { findBarriers, openBrowser, openPage } from "./dashboard-browser.ts";
import { fill, fillHostile, fillMany, fillNames, importLines, KEY, SITE } from "./dashboard-data.ts";
import { eventually } from "./dashboard-poll.ts";

/** For people to look at; they differ with the machine's fonts, and nothing is compared with them. */
const SHOTS = join(DIST, "test", "dashboard");
const SETTINGS = { SITES: "*", STORE: "sqlite", ADMIN_KEY: KEY, SQLITE_PATH: ":memory:" };
const WIDTHS = [
  { width: 1_280, height: 900 },
  { width: 768, height: 1_024 },
  { width: 390, height: 844 },
];
/** 1,280 px at 400 % zoom. */
const ZOOMED = { width: 320, height: 256 };
const LANGUAGES = ["en-US", "de-DE", "fr-FR", "es-ES", "zh-CN"];
const LONG_SITE = `${"long-name-of-a-site.".repeat(3)}example.com`;

/** A state of the dashboard: which of the servers, what is opened there, and what is done. */
interface Look {
  readonly name: string;
  readonly server?: "many" | "empty" | "private";
  readonly query?: string;
  readonly locale?: string;
  readonly ready: (page: Page) => Promise<unknown>;
}

const chart = (page: Page) => page.locator("#chart canvas").waitFor();
const LOOKS: readonly Look[] = [
  { name: "full", query: "?range=30", ready: chart },
  { name: "one-page", query: "?site=one.example", ready: chart },
  { name: "20-pages", query: "?site=twenty.example", ready: chart },
  { name: "5000-pages", query: "?site=many.example", ready: chart },
  { name: "names", query: "?site=names.example", ready: chart },
  { name: "hostile", query: "?site=hostile.example", ready: chart },
  { name: "visitors", server: "private", query: `?site=${SITE}#key=${KEY}`, ready: chart },
  { name: "months", query: `?site=${SITE}&range=365`, ready: chart },
  { name: "page", query: `?site=${SITE}&page=%2Fblog`, ready: chart },
  { name: "chinese", query: `?site=${SITE}`, locale: "zh-CN", ready: chart },
  { name: "without-days", query: "?site=old.example", ready: (page) => page.getByText("No visits between").waitFor() },
  { name: "sites", server: "many", query: `?site=${LONG_SITE}`, ready: chart },
  { name: "empty", server: "empty", ready: (page) => page.getByText("The script is served").waitFor() },
  { name: "key", server: "private", ready: (page) => page.getByRole("heading", { name: "These numbers are not public" }).waitFor() },
  { name: "api", query: "?api", ready: (page) => page.getByText("POST /v1/visits").first().click() },
  {
    name: "open",
    query: `?site=${SITE}#key=${KEY}`,
    ready: async (page) => {
      await chart(page);
      for (const title of ["On your website", "Settings at a glance", "Bring old numbers along", "Show as a table"]) {
        await page.getByText(title).click();
      }
      await page.getByText("ADMIN_KEY: you may").waitFor();
      await page.getByRole("heading", { name: "Set a page's total" }).waitFor();
    },
  },
  {
    name: "share",
    server: "private",
    query: `?site=${SITE}#key=${KEY}`,
    ready: async (page) => {
      await chart(page);
      await page.getByRole("button", { name: "Share" }).click();
      await page.getByText("1. Add this where").waitFor();
    },
  },
];

requires("chromium")("how the dashboard looks", () => {
  let browser: Browser;
  const servers: Record<string, Served> = {};
  beforeAll(async () => {
    await mkdir(SHOTS, { recursive: true });
    browser = await openBrowser();
    servers["public"] = await startNodeServer({ ...SETTINGS, PUBLIC_STATS: "true" });
    servers["many"] = await startNodeServer({ ...SETTINGS, PUBLIC_STATS: "true" });
    servers["empty"] = await startNodeServer({ ...SETTINGS, PUBLIC_STATS: "true" });
    servers["private"] = await startNodeServer({ ...SETTINGS, PUBLIC_STATS: "false", CLIENT_IP_HEADER: "socket" });
    const { url } = servers["public"];
    await fill(url);
    await fill(servers["private"].url, true);
    await fillHostile(url);
    await fillNames(url, "names.example");
    await fillMany(url, "one.example", 1, 10 ** 10);
    await fillMany(url, "twenty.example", 20);
    await fillMany(url, "many.example", 5_000);
    await importLines(url, "old.example", [JSON.stringify({ page: "/", visits: 12_345 })]);
    servers["wide"] = await startNodeServer({ ...SETTINGS, PUBLIC_STATS: "true", CLIENT_IP_HEADER: "socket" });
    await fill(servers["wide"].url, true);
    await fillMany(servers["wide"].url, "billions.example", 1, 4 * 10 ** 9);
    for (let site = 0; site < 200; site += 1) await fillMany(servers["many"].url, `site-${site}.example`, 1, site);
    await fillMany(servers["many"].url, LONG_SITE, 1, 128);
  });
  afterAll(async () => {
    await browser?.close();
    for (const served of Object.values(servers)) await served.stop();
  });

  test.each(LOOKS)(
    "$name: no barrier, no misfit, light and dark, from 320 to 1280 px",
    async ({ name, server, query, locale, ready }) => {
      const { page, complaints } = await openPage(browser, locale ? { locale } : {});
      await page.goto(`${servers[server ?? "public"]?.url}/${query ?? ""}`);
      await ready(page);
      await page.waitForLoadState("networkidle");
      for (const size of WIDTHS) {
        await page.setViewportSize(size);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          await page.screenshot({ path: join(SHOTS, `${name}-${size.width}-${colorScheme}.png`), fullPage: true });
          // The rules are slow; each scheme is asked once, wide and narrow.
          const asked = size.width === (colorScheme === "light" ? 1_280 : 390);
          if (asked) expect(await findBarriers(page), `${size.width} px, ${colorScheme}`).toEqual([]);
        }
        await eventually(() => findMisfits(page)).toEqual([]);
      }
      await page.setViewportSize(ZOOMED);
      await eventually(() => findMisfits(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
    180_000,
  );

  test.each(LANGUAGES)("%s: the page fits 320 px, with visitors and with billions of visits", async (locale) => {
    const { page } = await openPage(browser, { locale, ...ZOOMED });
    for (const site of [SITE, "billions.example"]) {
      await page.goto(`${servers["wide"]?.url}/?site=${site}`);
      await chart(page);
      await page.locator("#pages tbody th").first().waitFor();
      await page.locator("figure summary").click();
      await page.locator("figure tbody").waitFor();
      await eventually(() => findMisfits(page)).toEqual([]);
    }
    await page.context().close();
  });

  test("the README's picture", async () => {
    const { page } = await openPage(browser);
    await page.goto(`${servers["private"]?.url}/?site=${SITE}#key=${KEY}`);
    await chart(page);
    await page.getByText("11 of 11 pages").waitFor();
    const clip = { x: 0, y: 0, width: 1_280, height: 1_000 };
    await page.screenshot({ path: join(ROOT, ".github", "dashboard.png"), clip, fullPage: true });
    await page.context().close();
  });
});

/** What is too small for a finger (24 px), or juts out of the page or its box. Links within a sentence are as high as its lines. */
function findMisfits(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const misfits = [...document.querySelectorAll("button, select, summary, input:not([type=file]), a.outward, #sites a")].flatMap(
      (element) => {
        const { width, height } = element.getBoundingClientRect();
        const seen = (element as HTMLElement).checkVisibility() && width > 1;
        return seen && (width < 24 || height < 24) ? [`${width} x ${height}: ${element.outerHTML.slice(0, 120)}`] : [];
      },
    );
    for (const number of document.querySelectorAll("#sites :is(li span, summary small)")) {
      const room = number.closest("a, summary")?.getBoundingClientRect().right ?? 0;
      const juts = number.getBoundingClientRect().right > room || number.scrollWidth > number.clientWidth;
      if (juts) misfits.push(`cut: ${number.outerHTML}`);
    }
    const wide = document.documentElement.scrollWidth - innerWidth;
    return wide > 0 ? [...misfits, `the page is ${wide} px too wide`] : misfits;
  });
}
