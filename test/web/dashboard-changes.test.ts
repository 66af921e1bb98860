import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { type Served, startNodeServer, startWorker } from "../support/artefacts.ts";
import { requires } from "../support/skip.ts";
import { closePage, openBrowser, openFull } from "./dashboard-browser.ts";
import { importLines, KEY, TODAY } from "./dashboard-data.ts";
import { eventually } from "./dashboard-poll.ts";

const SETTINGS = { SITES: "*", ADMIN_KEY: KEY, PUBLIC_STATS: "true" };
const onSqlite = () => startNodeServer({ ...SETTINGS, STORE: "sqlite", SQLITE_PATH: ":memory:" });
const onWorkerd = () => startWorker({ ...SETTINGS, STORE: "sqlite" });
const onDatastore = () =>
  startNodeServer({
    ...SETTINGS,
    STORE: "datastore",
    DATASTORE_EMULATOR_HOST: inject("emulator") ?? "",
    DATASTORE_PROJECT_ID: `dashboard-${Date.now()}`,
  });

/** The service does what is asked, and its answer never arrives. */
async function loseAnswer(route: Route): Promise<void> {
  await route.fetch();
  await route.abort("connectionreset");
}

/** The key was changed where the service runs, after this page had been opened. */
function changeKey(route: Route): Promise<void> {
  return route.continue({ headers: { ...route.request().headers(), "x-api-key": "another" } });
}

/** Does `fault` to so many changes, all of them by default; the first `after` go well. Ends an earlier fault. */
async function breakChanges(
  page: Page,
  fault: (route: Route) => Promise<void>,
  { times = Number.POSITIVE_INFINITY, after = 0 } = {},
): Promise<{ seen: number }> {
  const counted = { seen: 0 };
  await page.unroute("**/v1/**");
  await page.route("**/v1/**", async (route) => {
    if (route.request().method() === "GET") return route.continue();
    counted.seen += 1;
    return counted.seen > after && counted.seen <= after + times ? fault(route) : route.continue();
  });
  return counted;
}

const ROWS: { engine: string; needs: readonly ("chromium" | "emulator")[]; start: () => Promise<Served> }[] = [
  { engine: "SQLite on Node", needs: ["chromium"], start: onSqlite },
  { engine: "SQLite in a Durable Object", needs: ["chromium"], start: onWorkerd },
  { engine: "Datastore", needs: ["chromium", "emulator"], start: onDatastore },
];

for (const { engine, needs, start } of ROWS) {
  requires(...needs)(`changes in the dashboard, ${engine}`, () => {
    let served: Served;
    let browser: Browser;
    let site: string;
    let sites = 0;
    beforeAll(async () => {
      served = await start();
      browser = await openBrowser();
    });
    afterAll(async () => {
      await browser?.close();
      await served?.stop();
    });
    beforeEach(async () => {
      sites += 1;
      site = `site-${sites}.example`;
      await importLines(served.url, site, [
        JSON.stringify({ page: "/blog", visits: 100, days: { [TODAY]: 30 } }),
        JSON.stringify({ page: "/about", visits: 50 }),
      ]);
    });

    const visits = async (page: string) => {
      const answer = await (await fetch(`${served.url}/v1/visits?site=${site}&page=${page}`)).json();
      return [answer.pages[0].visits, answer.siteVisits];
    };
    const days = async (page: string) => {
      const { points } = await (await fetch(`${served.url}/v1/series?site=${site}&page=${page}&from=${TODAY}&to=${TODAY}`)).json();
      return points[0].visits;
    };

    async function open(): Promise<{ page: Page; action(title: string): ReturnType<Page["locator"]> }> {
      const { page } = await openFull(browser, `${served.url}/?site=${site}#key=${KEY}`);
      await page.getByText("Bring old numbers along").click();
      await page.getByRole("heading", { name: "Set a page's total" }).waitFor();
      return { page, action: (title) => page.locator("section.action", { has: page.getByRole("heading", { name: title }) }) };
    }

    async function askToSet(page: Page, visits: string): Promise<void> {
      const set = page.locator("section.action").first();
      await set.getByLabel("Page").fill("/blog");
      await set.getByLabel("Visits of all time").fill(visits);
      await set.getByRole("button", { name: "Set…" }).click();
      await page.getByRole("dialog").getByText(`Set /blog of ${site} from 100 to`).waitFor();
    }

    test("sets a total although an answer is lost, and takes it back", async () => {
      const { page } = await open();
      const counted = await breakChanges(page, loseAnswer, { times: 1 });
      await askToSet(page, "12,345");
      await page.getByRole("button", { name: "Yes, set it" }).click();
      await page.getByText("/blog now has 12,345.").waitFor();
      // A slow emulator may ask for a third.
      expect(counted.seen).toBeGreaterThanOrEqual(2);
      expect(await visits("/blog")).toEqual([12_345, 12_395]);
      // The owner's number is none of the visits of the last minutes.
      await eventually(() => page.locator(".tiles").innerText()).toContain("12,395");
      expect(await page.locator("#live").count()).toBe(0);
      await fetch(`${served.url}/v1/visits?site=${site}&page=/blog`, { method: "POST" });
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByText("/blog now has 101.").waitFor();
      expect(await visits("/blog")).toEqual([101, 151]);
      await closePage(page);
    });

    test("says when no answer comes at all; pressed again, it is done once", async () => {
      const { page } = await open();
      await breakChanges(page, loseAnswer, { times: 4 });
      await askToSet(page, "500");
      await page.getByRole("button", { name: "Yes, set it" }).click();
      await page.getByText("It may be done, or not.").waitFor({ timeout: 30_000 });
      // Counted after the change, and not overwritten by it.
      await fetch(`${served.url}/v1/visits?site=${site}&page=/blog`, { method: "POST" });
      await page.getByRole("dialog").getByRole("button", { name: "Try again" }).click();
      await page.getByText("/blog now has 500.").waitFor();
      expect(await visits("/blog")).toEqual([501, 551]);
      await closePage(page);
    });

    test("drops a page's days only where that is ticked", async () => {
      const { page } = await open();
      await askToSet(page, "10");
      await page.getByRole("button", { name: "Yes, set it" }).click();
      await page.getByText("Nothing was changed:").waitFor();
      expect(await page.getByRole("button", { name: "Yes, set it" }).isDisabled()).toBe(true);
      expect([await visits("/blog"), await days("/blog")]).toEqual([[100, 150], 30]);
      await page.getByLabel("Also drop its days").check();
      await page.getByRole("button", { name: "Yes, set it" }).click();
      await page.getByText("/blog now has 10.").waitFor();
      expect([await visits("/blog"), await days("/blog")]).toEqual([[10, 60], 0]);
      await closePage(page);
    });

    test("removes a page although an answer is lost, and brings it back with its days", async () => {
      const { page, action } = await open();
      await breakChanges(page, loseAnswer, { times: 1 });
      await action("Remove a page").getByLabel("Page").fill("/blog");
      await action("Remove a page").getByRole("button", { name: "Remove the page…" }).click();
      await page.getByRole("dialog").getByText("which has 100 visits?").waitFor();
      await page.getByRole("button", { name: "Yes, remove it" }).click();
      await page.getByText("/blog was removed.").waitFor();
      expect(await visits("/blog")).toEqual([0, 50]);
      await eventually(() => page.locator("#pages tbody th bdi").allInnerTexts()).toEqual(["/about"]);
      await breakChanges(page, loseAnswer, { times: 1 });
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByText("/blog is back.").waitFor();
      expect([await visits("/blog"), await days("/blog")]).toEqual([[100, 150], 30]);
      await closePage(page);
    });

    test("removes a site once its name is typed, although an answer is lost", async () => {
      const { page, action } = await open();
      await breakChanges(page, loseAnswer, { times: 1 });
      await action("Remove this site").getByRole("button", { name: "Remove the site…" }).click();
      expect(await page.getByRole("button", { name: "Yes, remove it" }).isDisabled()).toBe(true);
      await page.getByLabel("Name of the site").fill(site);
      await page.getByRole("button", { name: "Yes, remove it" }).click();
      await eventually(() => page.locator("#sites li bdi").allInnerTexts()).not.toContain(site);
      expect(await visits("/blog")).toEqual([0, 0]);
      await closePage(page);
    });

    test("shows what a file would do, and adds it once although answers are lost", async () => {
      const { page, action } = await open();
      await breakChanges(page, loseAnswer, { times: 1 });
      const upload = action("Upload numbers");
      const file = (text: string) => ({ name: "old.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
      await upload.getByLabel("File").setInputFiles(file("page,visits,date\n/blog,x,\n/blog,7,2026-13-01\n"));
      await upload.getByText("Line 2: visits is not a whole number").waitFor();
      await upload.getByText("Line 3: date is not a day").waitFor();
      // A line without a page is none.
      await upload.getByLabel("File").setInputFiles(file('{"page":"/blog","visits":7}\n{"page":null,"visits":0}\n'));
      await upload.getByText(`The file has 7 visits for 1 page of ${site}`).waitFor();
      await upload.getByLabel("File").setInputFiles(file(`page;visits;date\n/blog;7;${TODAY}\n/new;5;\n`));
      await upload.getByText(`The file has 12 visits for 2 pages of ${site}`).waitFor();
      expect(await upload.locator("tbody tr").allInnerTexts()).toEqual([
        expect.stringMatching(/\/blog\s+100\s+107/),
        expect.stringMatching(/\/new\s+0\s+5/),
      ]);
      expect(await visits("/blog")).toEqual([100, 150]);
      await upload.getByRole("button", { name: "Add these numbers" }).click();
      await upload.getByText("Added 12 visits to 2 pages.").waitFor();
      expect([await visits("/blog"), await days("/blog")]).toEqual([[107, 162], 37]);
      await closePage(page);
    });

    test("says when no answer comes to a removal; pressed again, the page comes back whole and the site is gone", async () => {
      const { page, action } = await open();
      await breakChanges(page, loseAnswer, { times: 4 });
      await action("Remove a page").getByLabel("Page").fill("/blog");
      await action("Remove a page").getByRole("button", { name: "Remove the page…" }).click();
      await page.getByRole("button", { name: "Yes, remove it" }).click();
      await page.getByText("It may be done, or not.").waitFor({ timeout: 30_000 });
      await page.getByRole("dialog").getByRole("button", { name: "Try again" }).click();
      await page.getByText("/blog was removed.").waitFor();
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByText("/blog is back.").waitFor();
      expect([await visits("/blog"), await days("/blog")]).toEqual([[100, 150], 30]);
      await breakChanges(page, loseAnswer, { times: 4 });
      await action("Remove this site").getByRole("button", { name: "Remove the site…" }).click();
      await page.getByLabel("Name of the site").fill(site);
      await page.getByRole("button", { name: "Yes, remove it" }).click();
      await page.getByText("It may be done, or not.").waitFor({ timeout: 30_000 });
      await page.getByRole("dialog").getByRole("button", { name: "Try again" }).click();
      await eventually(() => page.locator("#sites li bdi").allInnerTexts()).not.toContain(site);
      expect(await visits("/blog")).toEqual([0, 0]);
      await closePage(page);
    });

    test("goes on with a file of several parts, each once, where no answer came or the key was refused in between", async () => {
      const { page, action } = await open();
      const upload = action("Upload numbers");
      const lines = Array.from({ length: 2_500 }, () => JSON.stringify({ page: "/blog", visits: 1 }));
      const file = { name: "old.ndjson", mimeType: "application/x-ndjson", buffer: Buffer.from(lines.join("\n")) };
      const begin = async (fault: (route: Route) => Promise<void>, times: number) => {
        await breakChanges(page, fault, { after: 1, times });
        await upload.getByLabel("File").setInputFiles([]);
        await upload.getByLabel("File").setInputFiles(file);
        await upload.getByRole("button", { name: "Add these numbers" }).click();
        await upload.getByText("1 of 2 parts are added.").waitFor({ timeout: 60_000 });
      };
      await begin(loseAnswer, 4);
      await upload.getByText("It may be done, or not.").waitFor();
      await upload.getByRole("button", { name: "Try again" }).click();
      await upload.getByText("Added 2,500 visits to 1 page.").waitFor({ timeout: 60_000 });
      expect(await visits("/blog")).toEqual([2_600, 2_650]);
      await begin(changeKey, 1);
      expect(await upload.getByText("Nothing was changed").count()).toBe(0);
      expect(await visits("/blog")).toEqual([4_600, 4_650]);
      await upload.getByRole("button", { name: "Try again" }).click();
      await upload.getByText("Added 2,500 visits to 1 page.").waitFor({ timeout: 60_000 });
      expect(await visits("/blog")).toEqual([5_100, 5_150]);
      await closePage(page);
    });

    test("changes nothing where the key is refused, and says so", async () => {
      const { page, action } = await open();
      await breakChanges(page, changeKey);
      await askToSet(page, "1,000");
      await page.getByRole("button", { name: "Yes, set it" }).click();
      await page.getByText("Nothing was changed: the service did not take the key.").waitFor();
      const focused = () => page.evaluate(() => document.activeElement?.textContent);
      expect(await focused()).toBe("Yes, set it");
      await page.keyboard.press("Escape");
      await action("Remove a page").getByLabel("Page").fill("/blog");
      await action("Remove a page").getByRole("button", { name: "Remove the page…" }).click();
      await page.getByRole("button", { name: "Yes, remove it" }).click();
      await page.getByRole("dialog").getByText("did not take the key.").waitFor();
      await page.keyboard.press("Escape");
      const text = "page,visits\n/blog,7\n";
      await page.getByLabel("File").setInputFiles({ name: "old.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
      await page.getByRole("button", { name: "Add these numbers" }).click();
      await action("Upload numbers").getByText("did not take the key.").waitFor();
      expect(await focused()).toBe("Add these numbers");
      await action("Remove this site").getByRole("button", { name: "Remove the site…" }).click();
      await page.getByLabel("Name of the site").fill(site);
      await page.getByRole("button", { name: "Yes, remove it" }).click();
      await page.getByRole("dialog").getByText("Nothing was changed: the service did not take the key.").waitFor();
      expect([await visits("/blog"), await days("/blog")]).toEqual([[100, 150], 30]);
      await closePage(page);
    });
  });
}
