import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Served, startNodeServer } from "../support/artefacts.ts";
import { requires } from "../support/skip.ts";
import { findBarriers, openBrowser, openPage } from "./dashboard-browser.ts";
import { fill, fillMany, KEY, SITE, TODAY } from "./dashboard-data.ts";
import { eventually } from "./dashboard-poll.ts";

const SETTINGS = { SITES: "*", STORE: "sqlite", ADMIN_KEY: KEY, SQLITE_PATH: ":memory:", PUBLIC_STATS: "false" };
/** More places than any state of the page has. */
const MAX_STOPS = 150;
const WORST_MS = 180_000;

requires("chromium")("the dashboard by keyboard alone", () => {
  let served: Served;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  beforeAll(async () => {
    served = await startNodeServer(SETTINGS);
    await fill(served.url);
    for (let site = 0; site < 10; site += 1) await fillMany(served.url, `site-${site}.example`, 2);
    await fillMany(served.url, "long.example", 25);
    browser = await openBrowser();
  });
  beforeEach(async () => {
    ({ page, complaints } = await openPage(browser));
  });
  afterEach(async () => {
    expect(complaints).toEqual([]);
    await page.context().close();
  });
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
  });

  async function openSite(site: string): Promise<void> {
    await page.goto(`${served.url}/?site=${site}#key=${KEY}`);
    await page.locator("#chart canvas").waitFor();
  }

  const press = (key: string) => page.keyboard.press(key);
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const action = (title: string) => page.locator("section.action", { has: page.getByRole("heading", { name: title }) });
  const title = () => page.locator("#title bdi").innerText();
  const visits = async (site: string, path: string) => {
    const { pages, siteVisits } = await (await fetch(`${served.url}/v1/visits?site=${site}&page=${path}`)).json();
    return [pages[0].visits, siteVisits];
  };

  /** Presses Tab until the keyboard is at `target`. At each place on the way it is seen where it is. */
  async function tabTo(target: Locator): Promise<void> {
    const passed: string[] = [];
    for (let stop = 0; stop < MAX_STOPS; stop += 1) {
      await press("Tab");
      const place = await target.evaluate(placeOfFocus);
      expect(place.problems, place.name).toEqual([]);
      if (place.reached) return;
      passed.push(place.name);
    }
    throw new Error(`Tab does not lead to ${target}, but to ${passed.join(" | ")}`);
  }

  async function pressAt(target: Locator, key = "Enter"): Promise<void> {
    await tabTo(target);
    await press(key);
  }

  async function typeInto(target: Locator, text: string): Promise<void> {
    await tabTo(target);
    await press("Control+A");
    await page.keyboard.type(text);
  }

  /** Opens a dialog, which the keyboard is kept in, and finds no barrier there. */
  async function openDialog(opener: Locator): Promise<Locator> {
    await pressAt(opener);
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
    expect(await findBarriers(page)).toEqual([]);
    return dialog;
  }

  const focusIsAt = (target: Locator) => eventually(() => target.evaluate((element) => element === document.activeElement)).toBe(true);

  test("signs in, skips to the numbers, and signs out", { timeout: WORST_MS }, async () => {
    await page.goto(served.url);
    await typeInto(page.getByLabel("Key"), KEY);
    await press("Enter");
    await page.locator("#chart canvas").waitFor();
    await focusIsAt(page.locator("#main"));
    await page.reload();
    await page.locator("#chart canvas").waitFor();
    await pressAt(page.getByRole("link", { name: "Skip to the visits" }));
    await focusIsAt(page.locator("#main"));
    await pressAt(button("Sign out"));
    await page.getByRole("heading", { name: "These numbers are not public" }).waitFor();
    await focusIsAt(page.locator("#main"));
    expect(await findBarriers(page)).toEqual([]);
  });

  test("chooses a site, a period, how it is compared, and a page", { timeout: WORST_MS }, async () => {
    await openSite("blog.example.org");
    await typeInto(page.getByRole("searchbox", { name: "Search sites" }), "EXAMPLE.COM");
    await eventually(() => page.locator("#sites li bdi").allInnerTexts()).toEqual([SITE]);
    await pressAt(page.getByRole("link", { name: SITE }).first());
    await eventually(title).toBe(SITE);
    await tabTo(page.getByLabel("Period", { exact: true }));
    await page.keyboard.type("This month");
    await page.getByText("Nov 1, 2026 to Nov 22, 2026 (UTC)").waitFor();
    await tabTo(page.getByLabel("Show by"));
    await press("ArrowDown");
    await eventually(() => page.getByLabel("Show by").inputValue()).toBe("week");
    await pressAt(page.getByText("Show as a table"));
    expect(await page.locator("figure tbody tr").first().innerText()).toMatch(/unfinished/);
    await pressAt(page.getByRole("columnheader", { name: "Change" }).getByRole("button"));
    await eventually(() => page.getByRole("columnheader", { name: "Change" }).getAttribute("aria-sort")).toBe("descending");
    expect(await findBarriers(page)).toEqual([]);
    await typeInto(page.getByRole("searchbox", { name: "Search pages" }), "about");
    await eventually(() => page.locator("#pages tbody bdi").allInnerTexts()).toEqual(["/about"]);
    await pressAt(page.getByRole("link", { name: "/about", exact: true }));
    await eventually(title).toBe("/about");
    await pressAt(page.getByRole("link", { name: `All pages of ${SITE}` }));
    await eventually(title).toBe(SITE);
  });

  test("goes on at the first of more rows", { timeout: WORST_MS }, async () => {
    await openSite("long.example");
    await pressAt(button("Show more"));
    await eventually(() => page.locator("#pages tbody tr").count()).toBe(25);
    expect(await button("Show more").count()).toBe(0);
    await focusIsAt(page.locator("#pages tbody tr").nth(20).locator("a").first());
  });

  test("shares a link, and downloads the days", { timeout: WORST_MS }, async () => {
    await openSite(SITE);
    await openDialog(button("Share"));
    await typeInto(page.getByLabel("Key of the link"), "friends-key-0123456789");
    await pressAt(button("Copy the link"));
    await eventually(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/site=example\.com#key=friends-key-/);
    await press("Escape");
    await focusIsAt(button("Share"));
    await openDialog(button("Download"));
    const download = page.waitForEvent("download");
    await pressAt(button("Days (CSV)"));
    expect((await download).suggestedFilename()).toBe(`${SITE}-days.csv`);
    await pressAt(button("Close"));
    await focusIsAt(button("Download"));
  });

  test("sets a total and takes it back, uploads, removes a page and brings it back", { timeout: WORST_MS }, async () => {
    await openSite(SITE);
    const before = await visits(SITE, "/about");
    await pressAt(page.locator("#manage > summary"));
    const set = action("Set a page's total");
    await typeInto(set.getByLabel("Page"), "/about");
    await typeInto(set.getByLabel("Visits of all time"), "12,345");
    await openDialog(set.getByRole("button", { name: "Set…" }));
    await pressAt(button("Yes, set it"));
    await page.getByText("/about now has 12,345.").waitFor();
    await focusIsAt(set.locator(".done"));
    await pressAt(set.getByRole("button", { name: "Undo" }));
    await page.getByText("/about now has 1,098.").waitFor();
    expect(await visits(SITE, "/about")).toEqual(before);

    const upload = action("Upload numbers");
    const chooser = page.waitForEvent("filechooser");
    await pressAt(upload.getByLabel("File"));
    const csv = `page,visits,date\n/about,2,${TODAY}\n`;
    await (await chooser).setFiles({ name: "old.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
    await upload.getByText(`The file has 2 visits for 1 page of ${SITE}`).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await pressAt(upload.getByRole("button", { name: "Add these numbers" }));
    await upload.getByText("Added 2 visits to 1 page.").waitFor();
    expect((await visits(SITE, "/about"))[0]).toBe(1_100);

    const remove = action("Remove a page");
    await typeInto(remove.getByLabel("Page"), "/about");
    await openDialog(remove.getByRole("button", { name: "Remove the page…" }));
    await pressAt(button("Yes, remove it"));
    await page.getByText("/about was removed.").waitFor();
    expect((await visits(SITE, "/about"))[0]).toBe(0);
    await pressAt(remove.getByRole("button", { name: "Undo" }));
    await page.getByText("/about is back.").waitFor();
    expect((await visits(SITE, "/about"))[0]).toBe(1_100);
  });

  test("removes a site, after all of it was downloaded", { timeout: WORST_MS }, async () => {
    await openSite("site-3.example");
    await pressAt(page.locator("#manage > summary"));
    const download = page.waitForEvent("download");
    await pressAt(button("Everything, to restore it (NDJSON)"));
    expect((await download).suggestedFilename()).toBe("site-3.example.ndjson");
    await openDialog(button("Remove the site…"));
    await typeInto(page.getByLabel("Name of the site"), "site-3.example");
    await pressAt(button("Yes, remove it"));
    await eventually(() => page.locator("#sites li bdi").allInnerTexts()).not.toContain("site-3.example");
    await focusIsAt(page.locator("#main"));
    expect(await visits("site-3.example", "/archive/00000")).toEqual([0, 0]);
  });

  test("chooses a language, and reads the contract", { timeout: WORST_MS }, async () => {
    await openSite(SITE);
    await tabTo(page.getByLabel("Language"));
    await press("ArrowDown");
    await eventually(() => page.locator("html").getAttribute("lang")).toBe("zh-Hans");
    await focusIsAt(page.getByLabel("语言"));
    await press("ArrowUp");
    await eventually(() => page.locator("html").getAttribute("lang")).toBe("en");
    await pressAt(page.getByRole("link", { name: "API", exact: true }));
    await pressAt(page.locator("summary", { hasText: "POST /v1/visits" }).first());
    await page.getByText("Answers after the store has committed the visit.").first().waitFor();
    await pressAt(page.getByRole("link", { name: "Back to the numbers" }));
    await eventually(title).toBe(SITE);
  });
});

/** Where the keyboard is, and what is wrong there: it has to be seen, uncovered and no smaller than 24 px (WCAG 2.2), but for links in text. */
function placeOfFocus(target: Element): { reached: boolean; name: string; problems: string[] } {
  const at = document.activeElement ?? document.body;
  // Behind the last place the browser's own controls follow.
  if (at === document.body) return { reached: false, name: "body", problems: [] };
  const { outlineStyle, outlineWidth, display } = getComputedStyle(at);
  const { left, top, width, height } = at.getBoundingClientRect();
  const seen = document.elementFromPoint(left + Math.min(width, 20) / 2, top + height / 2);
  const problems = [
    at.matches(":focus-visible") && outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2 ? "" : "its focus cannot be seen",
    seen !== null && (at.contains(seen) || seen.contains(at)) ? "" : `covered by ${seen?.outerHTML.slice(0, 80)}`,
    (width >= 24 && height >= 24) || display === "inline" ? "" : `${width} x ${height} px`,
  ];
  return { reached: at === target, name: at.outerHTML.slice(0, 120), problems: problems.filter((problem) => problem !== "") };
}
