import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Served, startNodeServer } from "../support/artefacts.ts";
import { requires } from "../support/skip.ts";
import { closePage, openBrowser, openFull } from "./dashboard-browser.ts";
import { fill, fillMany, importLines, KEY, SITE, TODAY } from "./dashboard-data.ts";
import { eventually } from "./dashboard-poll.ts";

const SETTINGS = { SITES: "*", STORE: "sqlite", SQLITE_PATH: ":memory:", ADMIN_KEY: KEY };
/** There and back, each way: two presses come within one answer. */
const DELAY_MS = 150;

const title = (page: Page) => page.locator("#title bdi").innerText();
const caption = (page: Page) => page.locator("#caption").innerText();
const names = (page: Page) => page.locator("#pages tbody th bdi").allInnerTexts();
const link = (page: Page, name: string) => page.locator("#pages tbody th bdi").getByText(name, { exact: true });

/** Holds the answers to some requests back until it is told to let them go. */
async function hold(page: Page, url: string): Promise<() => void> {
  const released = Promise.withResolvers<void>();
  await page.route(url, async (route) => {
    await released.promise;
    await route.continue();
  });
  return released.resolve;
}

/** The reader looks at another tab, and comes back: the page looks for news at once. */
function comeBack(page: Page): Promise<void> {
  return page.evaluate(() => {
    for (const state of ["hidden", "visible"]) {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
      document.dispatchEvent(new Event("visibilitychange"));
    }
  });
}

requires("chromium")("the dashboard while answers are on their way", () => {
  let served: Served;
  let browser: Browser;
  beforeAll(async () => {
    served = await startNodeServer({ ...SETTINGS, PUBLIC_STATS: "true" });
    browser = await openBrowser();
    await fill(served.url);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
  });

  const visits = async (site: string, page: string) => {
    const answer = await (await fetch(`${served.url}/v1/visits?site=${site}&page=${page}`)).json();
    return answer.pages[0].visits;
  };

  /** The forms for changes of a site whose page `/about` has 1,000 visits. */
  async function openForms(site: string) {
    await importLines(served.url, site, [JSON.stringify({ page: "/about", visits: 1_000, days: { [TODAY]: 5 } })]);
    const { page } = await openFull(browser, `${served.url}/?site=${site}#key=${KEY}`);
    await page.getByText("Bring old numbers along").click();
    const action = (name: string) => page.locator("section.action", { has: page.getByRole("heading", { name }) });
    return { page, action };
  }

  test("a look for news does not end the reading of what was chosen", async () => {
    const { page } = await openFull(browser, `${served.url}/?site=${SITE}`);
    for (const part of ["series", "pages"]) {
      const release = await hold(page, `**/v1/${part}*`);
      await page.getByLabel("Period", { exact: true }).selectOption(part === "series" ? "7 days" : "30 days");
      await page.locator("main [aria-busy=true]").waitFor();
      await comeBack(page);
      release();
      await eventually(() => caption(page)).toContain(part === "series" ? "Nov 16, 2026" : "Oct 24, 2026");
      await eventually(() => page.locator("#pages tbody tr").first().innerText()).toContain(part === "series" ? "303" : "1,057");
      await page.unrouteAll({ behavior: "wait" });
    }
    await closePage(page);
  });

  test.each(["sites", "series", "visits", "pages"])("what could not be read comes by itself when it can: /v1/%s", async (part) => {
    const { page } = await openFull(browser, `${served.url}/?site=${SITE}`);
    await page.route(`**/v1/${part}*`, (route) => route.fulfill({ status: 500, json: { detail: "Broken for a while." } }));
    await page.getByLabel("Period", { exact: true }).selectOption("7 days");
    await page.getByText("Broken for a while.").waitFor();
    await comeBack(page);
    await page.getByText("Broken for a while.").waitFor();
    await page.unrouteAll({ behavior: "wait" });
    await comeBack(page);
    await eventually(() => page.locator("#pages tbody tr").first().innerText()).toContain("303");
    expect(await caption(page)).toContain("Nov 16, 2026");
    await closePage(page);
  });

  test("a list that could not be read with new numbers is read again", async () => {
    const { page } = await openFull(browser, `${served.url}/?site=${SITE}`);
    await page.locator("#pages tbody tr").first().waitFor();
    await page.route("**/v1/pages*", (route) => route.fulfill({ status: 503, json: { detail: "Broken for a while." } }));
    await fetch(`${served.url}/v1/visits?site=${SITE}&page=/brand-new`, { method: "POST" });
    await comeBack(page);
    await page.getByText("Not up to date: Broken for a while.").waitFor();
    await page.unrouteAll({ behavior: "wait" });
    await comeBack(page);
    await page.getByText("Updated").waitFor();
    await eventually(() => page.locator("#pages tbody tr").count()).toBeGreaterThan(11);
    await closePage(page);
  });

  test("where the address names no site, the shown one stays while another overtakes it, and its links are its own", async () => {
    const { page } = await openFull(browser, served.url);
    expect(await title(page)).toBe(SITE);
    await importLines(served.url, "loud.example", [JSON.stringify({ page: "/about", visits: 1_000_000 })]);
    await comeBack(page);
    await eventually(() => page.locator("#sites li bdi").first().innerText()).toBe("loud.example");
    expect(await title(page)).toBe(SITE);
    await link(page, "/about").click();
    await eventually(() => caption(page)).toContain(`${SITE}/about`);
    expect(new URL(page.url()).searchParams.get("site")).toBe(SITE);
    await closePage(page);
  });

  test("a table's links are its own site's while another site is read", async () => {
    const { page } = await openFull(browser, `${served.url}/?site=${SITE}`);
    await link(page, "/about").waitFor();
    const release = await hold(page, "**/v1/series*");
    await page.locator("#sites li bdi").getByText("blog.example.org").click();
    await eventually(() => title(page)).toBe("blog.example.org");
    await link(page, "/about").click();
    release();
    await eventually(() => caption(page)).toContain(`${SITE}/about`);
    await closePage(page);
  });

  test("numbers of the site before are dimmed below another one's name, until its own come", async () => {
    const { page } = await openFull(browser, `${served.url}/?site=${SITE}`);
    const opacities = () =>
      page.locator(".tiles, figure, #pages").evaluateAll((parts) => parts.map((part) => Number(getComputedStyle(part).opacity)));
    expect(await opacities()).toEqual([1, 1, 1]);
    const release = await hold(page, "**/v1/series*");
    await page.locator("#sites li bdi").getByText("blog.example.org").click();
    await eventually(() => title(page)).toBe("blog.example.org");
    await eventually(opacities).toEqual([0.5, 0.5, 0.5]);
    release();
    await eventually(() => caption(page)).toContain("blog.example.org");
    await eventually(opacities).toEqual([1, 1, 1]);
    await closePage(page);
  });

  test("a search that goes on keeps the rows that still fit", async () => {
    await fillMany(served.url, "many.example", 1_200);
    const { page } = await openFull(browser, `${served.url}/?site=many.example`);
    const search = page.getByRole("searchbox", { name: "Search pages" });
    await search.fill("011");
    await eventually(async () => (await names(page)).includes("/archive/00110")).toBe(true);
    const release = await hold(page, "**/v1/pages*");
    await search.fill("0110");
    await page.getByText("Searching…").waitFor();
    expect(await names(page)).toContain("/archive/00110");
    release();
    await eventually(() => page.locator("#pages").innerText()).toContain("11 of 11 pages found");
    await closePage(page);
  });

  test("dates that were typed are forgotten with the view beside which they were", async () => {
    const { page } = await openFull(browser, `${served.url}/?site=${SITE}`);
    const period = page.getByLabel("Period", { exact: true });
    await period.selectOption("Dates");
    await page.getByLabel("From", { exact: true }).fill("2026-11-10");
    await eventually(() => caption(page)).toContain("Nov 10, 2026");
    await page.goBack();
    await eventually(() => caption(page)).toContain("Oct 24, 2026");
    expect(await period.locator("option:checked").innerText()).toBe("30 days");
    await closePage(page);
  });

  test("one step back undoes typed dates, however many were typed; what is shown already is no step", async () => {
    const { page } = await openFull(browser, `${served.url}/?site=${SITE}`);
    const steps = await page.evaluate(() => history.length);
    await page.locator("#sites a", { hasText: SITE }).first().click();
    await page.getByLabel("Period", { exact: true }).selectOption("Dates");
    for (const [label, day] of [
      ["From", "2026-11-10"],
      ["to", "2026-11-20"],
      ["From", "2026-11-12"],
    ] as const) {
      await page.getByLabel(label, { exact: true }).fill(day);
    }
    await eventually(() => caption(page)).toContain("Nov 12, 2026 to Nov 20, 2026");
    expect((await page.evaluate(() => history.length)) - steps).toBe(1);
    await page.goBack();
    await eventually(() => caption(page)).toContain("Oct 24, 2026");
    await closePage(page);
  });

  test("a wrong key beside public numbers can be taken back", async () => {
    const partly = await startNodeServer({ ...SETTINGS, PUBLIC_STATS: SITE });
    await fill(partly.url);
    const { page } = await openFull(browser, `${partly.url}/?site=${SITE}`);
    await page.getByRole("button", { name: "Sign in" }).first().click();
    await eventually(() => page.evaluate(() => document.activeElement?.getAttribute("type"))).toBe("password");
    await page.keyboard.type("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("This is not the key.").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await eventually(() => title(page)).toBe(SITE);
    expect(await page.evaluate(() => Object.values(sessionStorage))).toEqual([]);
    await closePage(page);
    await partly.stop();
  });

  test("Undo that is pressed twice, or again after a lost answer, is done once", async () => {
    const site = "undo.example";
    const { page, action } = await openForms(site);
    const set = action("Set a page's total");
    const slow = async (route: Route) => {
      await new Promise((resolve) => setTimeout(resolve, DELAY_MS));
      const response = await route.fetch();
      await new Promise((resolve) => setTimeout(resolve, DELAY_MS));
      await route.fulfill({ response });
    };
    async function setTo(total: string): Promise<void> {
      await set.getByLabel("Page").fill("/about");
      await set.getByLabel("Visits of all time").fill(total);
      await set.getByRole("button", { name: "Set…" }).click();
      await page.getByRole("button", { name: "Yes, set it" }).click();
      await page.getByText(`/about now has ${total}.`).waitFor();
    }
    await setTo("5");
    await page.route("**/v1/visits*", slow);
    const undo = set.getByRole("button", { name: "Undo" });
    await undo.click();
    await undo.click();
    await page.getByText("/about now has 1,000.").waitFor();
    await page.unrouteAll({ behavior: "wait" });
    expect(await visits(site, "/about")).toBe(1_000);

    await setTo("7");
    const lose = async (route: Route) => {
      if (route.request().method() === "GET") return route.continue();
      await route.fetch();
      await route.abort("connectionreset");
    };
    await page.route("**/v1/visits*", lose);
    await undo.click();
    await page.getByText("No answer came").waitFor({ timeout: 30_000 });
    await page.unrouteAll({ behavior: "wait" });
    await undo.click();
    await page.getByText("/about now has 1,000.").waitFor();
    expect(await visits(site, "/about")).toBe(1_000);
    await closePage(page);
  });

  test("the file that was chosen last is the one that is added", async () => {
    const site = "files.example";
    const { page, action } = await openForms(site);
    const upload = action("Upload numbers");
    const file = (name: string, visits: number) => ({
      name: `${name}.csv`,
      mimeType: "text/csv",
      buffer: Buffer.from(`page,visits\n/${name},${visits}\n`),
    });
    const release = await hold(page, "**/v1/visits?*page=%2Ffirst*");
    await upload.getByLabel("File").setInputFiles(file("first", 1_111));
    await upload.getByLabel("File").setInputFiles(file("second", 22));
    await upload.getByText("The file has 22 visits").waitFor();
    release();
    await page.unrouteAll({ behavior: "wait" });
    await upload.getByText("The file has 22 visits").waitFor();
    await upload.getByRole("button", { name: "Add these numbers" }).click();
    await upload.getByText("Added 22 visits to 1 page.").waitFor();
    expect([await visits(site, "/first"), await visits(site, "/second")]).toEqual([0, 22]);
    await closePage(page);
  });
});
