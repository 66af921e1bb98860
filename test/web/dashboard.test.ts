import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Served, startNodeServer, startWorker } from "../support/artefacts.ts";
import { requires } from "../support/skip.ts";
import { closePage, openBrowser, openFull, openPage } from "./dashboard-browser.ts";
import { fill, fillHostile, fillMany, fillNames, HOSTILE, importLines, KEY, NAMES, SITE, TODAY } from "./dashboard-data.ts";
import { eventually } from "./dashboard-poll.ts";

const SETTINGS = { SITES: "*", STORE: "sqlite", ADMIN_KEY: KEY };

type Start = (settings: Record<string, string>) => Promise<Served>;
const onNode: Start = (settings) => startNodeServer({ ...SETTINGS, SQLITE_PATH: ":memory:", ...settings });
const onWorkerd: Start = (settings) => startWorker({ ...SETTINGS, ...settings });

const rows = (page: Page) => page.locator("#pages tbody th bdi").allInnerTexts();
const title = (page: Page) => page.locator("#title bdi").innerText();
const period = (page: Page) => page.getByLabel("Period", { exact: true });
const tile = (page: Page, name: string) => page.locator(".tiles > div", { has: page.getByText(name, { exact: true }) });

requires("chromium")("the dashboard", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  describe.each([
    { name: "on Node", start: onNode },
    { name: "on workerd", start: onWorkerd },
  ])("$name", ({ start }) => {
    let served: Served;
    beforeAll(async () => {
      served = await start({ PUBLIC_STATS: "true", VISITORS: "off" });
    });
    afterAll(() => served?.stop());

    test("says what to do at first, and shows the first visit by itself", async () => {
      const { page, complaints } = await openPage(browser, { still: false });
      await page.goto(served.url);
      await page.getByRole("heading", { name: "No visits yet" }).waitFor();
      await page.getByText(`The script is served at ${served.url}/embed.js.`).waitFor();
      await page.getByRole("button", { name: "Copy the tag" }).click();
      const copied = () => page.evaluate(() => navigator.clipboard.readText());
      await eventually(copied).toBe(`<script async src="${served.url}/embed.js"></script>`);
      await fetch(`${served.url}/v1/visits?site=first.example`, { method: "POST" });
      await eventually(() => title(page)).toBe("first.example");
      expect(complaints).toEqual([]);
      await closePage(page);
      await fetch(`${served.url}/v1/visits?site=first.example&page=/`, { method: "DELETE", headers: { "X-API-Key": KEY } });
    });

    test("shows sites, days, the period before, and pages", async () => {
      await fill(served.url);
      const { page, complaints } = await openFull(browser, `${served.url}/?site=${SITE}`);
      expect(await page.locator("#sites li").first().innerText()).toMatch(new RegExp(`^${SITE}\\s+26,711$`));
      expect(await page.locator("#caption").innerText()).toBe(`Visits to ${SITE}, Oct 24, 2026 to Nov 22, 2026 (UTC)`);
      expect(await tile(page, "Visits").innerText()).toMatch(/3,434\s+\+17% from 2,935/);
      expect(await tile(page, "Today").innerText()).toMatch(/36\s+so far, UTC/);
      expect((await rows(page)).slice(0, 3)).toEqual(["/", "/blog/counting-exactly-once", "/blog"]);
      await eventually(() => page.locator("#pages tbody tr").first().innerText()).toMatch(/1,057\s+\+133 \+14%\s+8,281/);
      expect(complaints).toEqual([]);
      await closePage(page);
    });

    test("shows names as they were written, and hostile ones as text, everywhere", async () => {
      await fillHostile(served.url);
      await fillNames(served.url, "names.example");
      const { page, complaints } = await openFull(browser, `${served.url}/?site=names.example`);
      expect(await rows(page)).toEqual(NAMES.map(([, shown]) => shown));
      await page.goto(`${served.url}/?site=hostile.example&range=7`);
      await eventually(() => rows(page)).toHaveLength(HOSTILE.length);
      const names = await rows(page);
      expect(names).toContain("/<img src=x onerror=alert(1)>");
      expect(names).toContain("/javascript:alert(1)");
      expect(names).toContain("/evil%E2%80%AEgpj.exe");
      for (const name of names) {
        await page.locator("#pages tbody th bdi").getByText(name, { exact: true }).click();
        await eventually(() => title(page)).toBe(name);
        // Numbers that come in between the press and the release of a button may move what it was pressed on.
        await page.locator("main [aria-busy=false]").waitFor();
        expect(await page.locator("main img:not(.badge), main script").count()).toBe(0);
      }
      expect(complaints).toEqual([]);
      await closePage(page);
    });
  });

  describe("with numbers for everybody", () => {
    let served: Served;
    beforeAll(async () => {
      served = await onNode({ PUBLIC_STATS: "true" });
      await fill(served.url);
      await importLines(served.url, "old.example", [JSON.stringify({ page: "/", visits: 12_345 })]);
      for (let site = 0; site < 30; site += 1) await fillMany(served.url, `site-${site}.example`, 1);
    });
    afterAll(() => served?.stop());

    test("what is opened while a page loads stays open when its numbers are there", async () => {
      const { page } = await openFull(browser, `${served.url}/?site=${SITE}`);
      const answered = Promise.withResolvers<void>();
      await page.route("**/v1/series*", async (route) => {
        await answered.promise;
        await route.continue();
      });
      await page.locator("#pages tbody th bdi").getByText("/about").click();
      await eventually(() => title(page)).toBe("/about");
      await page.getByText("Bring old numbers along").click();
      answered.resolve();
      await page.locator("main [aria-busy=false]").waitFor();
      expect(await page.locator("#manage[open]").count()).toBe(1);
      await closePage(page);
    });

    test("the table stays where it is and keeps its rows while another page or period is read", async () => {
      const { page } = await openFull(browser, `${served.url}/?site=${SITE}`);
      await period(page).selectOption("7 days");
      await page.getByText("Nov 16, 2026 to Nov 22, 2026 (UTC)").waitFor();
      await eventually(() => page.locator("#pages tbody tr").first().innerText()).toMatch(/\+\d+%/);
      const before = await rows(page);
      const answered = Promise.withResolvers<void>();
      await page.route("**/v1/pages*", async (route) => {
        await answered.promise;
        await route.continue();
      });
      const place = () => page.evaluate(() => [scrollY, document.querySelector("#pages tbody")?.getBoundingClientRect().height]);
      await page.getByText("/imprint", { exact: true }).first().scrollIntoViewIfNeeded();
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
      await page.locator("#pages tbody th bdi").getByText("/about").click();
      await eventually(() => title(page)).toBe("/about");
      const stood = await place();
      await page.locator("main [aria-busy=false]").waitFor();
      await page.getByText(`Visits to ${SITE}/about, Nov 16, 2026`).waitFor();
      expect(await rows(page)).toEqual(before);
      expect(await place()).toEqual(stood);
      await period(page).selectOption("30 days");
      await page.locator("main [aria-busy=true]").waitFor();
      expect(await rows(page)).toEqual(before);
      await page.getByText(`Visits to ${SITE}/about, Nov 16, 2026`).waitFor();
      answered.resolve();
      await eventually(() => page.locator("#pages tbody tr").first().innerText()).toMatch(/1,057\s+\+133 \+14%\s+8,281/);
      await closePage(page);
    });

    test("on a phone, the heading of a page that is chosen in the table comes into view", async () => {
      const { page } = await openFull(browser, `${served.url}/?site=${SITE}`, { width: 390, height: 844 });
      await page.locator("#pages tbody th bdi").getByText("/imprint").click();
      await eventually(() => title(page)).toBe("/imprint");
      const top = () => page.locator("#title").evaluate((heading) => heading.getBoundingClientRect().top);
      await eventually(top).toBeGreaterThanOrEqual(0);
      expect(await top()).toBeLessThan(400);
      await closePage(page);
    });

    test("sorts by keyboard, says so, and searches", async () => {
      const { page } = await openFull(browser, `${served.url}/?site=${SITE}`);
      const header = page.getByRole("columnheader", { name: "Page" });
      await header.getByRole("button").focus();
      await page.keyboard.press("Enter");
      await eventually(() => header.getAttribute("aria-sort")).toBe("ascending");
      expect(await rows(page)).toEqual((await rows(page)).toSorted((one, other) => (one < other ? -1 : 1)));
      await page.keyboard.press("Space");
      await eventually(() => header.getAttribute("aria-sort")).toBe("descending");
      expect(await header.getByRole("button").evaluate((button) => button === document.activeElement)).toBe(true);
      await page.getByRole("searchbox", { name: "Search pages" }).fill("CAFE");
      await eventually(() => rows(page)).toEqual(["/notes/café"]);
      await page.getByRole("searchbox", { name: "Search pages" }).fill("no such page");
      await page.getByText("No page has “no such page” in its name.").waitFor();
      // Another site begins without the search.
      await page.getByRole("link", { name: "blog.example.org" }).first().click();
      await eventually(() => rows(page)).toEqual(["/", "/hello"]);
      expect(await page.getByRole("searchbox", { name: "Search pages" }).inputValue()).toBe("");
      await closePage(page);
    });

    test("finds a site among many, shows the chosen one, and sorts them", async () => {
      const { page } = await openFull(browser, `${served.url}/?site=site-29.example`);
      const chosen = page.locator("#sites a[aria-current=page]");
      expect(
        await chosen.evaluate(
          (link) => link.getBoundingClientRect().bottom <= (link.closest("ul")?.getBoundingClientRect().bottom ?? 0) + 1,
        ),
      ).toBe(true);
      await page.getByLabel("Sort sites").selectOption("Name");
      await eventually(() => page.locator("#sites li bdi").first().innerText()).toBe("blog.example.org");
      await page.getByRole("searchbox", { name: "Search sites" }).fill("SITE-17");
      await eventually(() => page.locator("#sites li bdi").allInnerTexts()).toEqual(["site-17.example"]);
      await closePage(page);
    });

    test("shows another period, one page, and a table; the address holds them, and Back undoes them", async () => {
      const { page, complaints } = await openFull(browser, `${served.url}/?site=${SITE}`);
      await period(page).selectOption("7 days");
      await page.getByText("Nov 16, 2026 to Nov 22, 2026 (UTC)").waitFor();
      await page.locator("#pages tbody th bdi").getByText("/about").click();
      await eventually(() => title(page)).toBe("/about");
      expect(new URL(page.url()).search).toBe(`?site=${SITE}&page=%2Fabout&range=7`);
      expect(await page.getByRole("link", { name: "Open /about in a new tab" }).first().getAttribute("href")).toBe(`https://${SITE}/about`);
      await page.getByText("Show as a table").click();
      const table = page.getByRole("table", { name: /Nov 16, 2026 to Nov 22, 2026 \(UTC\)/ });
      expect(await table.getByRole("rowheader").allInnerTexts()).toHaveLength(7);
      expect((await table.getByRole("rowheader").allInnerTexts())[0]).toBe("Nov 22, 2026 (unfinished)");
      await page.reload();
      await eventually(() => title(page)).toBe("/about");
      await page.goBack();
      await eventually(() => title(page)).toBe(SITE);
      await period(page).selectOption("Dates");
      await page.getByLabel("From").fill("2026-11-30");
      await page.getByLabel("From").blur();
      await page.getByText("The first day is after the last.").waitFor();
      await page.getByLabel("From").fill("2026-11-01");
      await page.getByLabel("From").blur();
      await page.getByText("Nov 1, 2026 to Nov 22, 2026 (UTC)").waitFor();
      await period(page).selectOption("12 months");
      await eventually(() => page.getByLabel("Show by").inputValue()).toBe("week");
      expect(complaints).toEqual([]);
      await closePage(page);
    });

    test("tells which page grew most this month", async () => {
      const lines = [
        JSON.stringify({ page: "/steady", visits: 90, days: { "2026-10-20": 45, [TODAY]: 45 } }),
        JSON.stringify({ page: "/grown", visits: 40, days: { "2026-10-20": 5, [TODAY]: 35 } }),
        JSON.stringify({ page: "/shrunk", visits: 60, days: { "2026-10-20": 50, [TODAY]: 10 } }),
      ];
      await importLines(served.url, "growth.example", lines);
      const { page } = await openFull(browser, `${served.url}/?site=growth.example`);
      await period(page).selectOption("This month");
      await page.getByText("Nov 1, 2026 to Nov 22, 2026 (UTC)").waitFor();
      await page.getByRole("columnheader", { name: "Change" }).getByRole("button").click();
      await eventually(() => rows(page)).toEqual(["/grown", "/steady", "/shrunk"]);
      expect(await page.locator("#pages tbody tr").first().innerText()).toMatch(/35\s+\+30 \+600%/);
      await closePage(page);
    });

    test("says so where a period has no visits, and where numbers bear no day", async () => {
      const { page } = await openPage(browser);
      await page.goto(`${served.url}/?site=old.example`);
      await page.getByText("No visits between Oct 24, 2026 and Nov 22, 2026. The 12,345 visits of all time were brought along").waitFor();
      expect(await tile(page, "All time").innerText()).toContain("12,345");
      await importLines(served.url, "once.example", [JSON.stringify({ page: "/", visits: 1 })]);
      await page.goto(`${served.url}/?site=once.example`);
      await page.getByText("The 1 visit of all time was brought along").waitFor();
      await closePage(page);
    });

    test("downloads the days and the pages", async () => {
      const { page, complaints } = await openFull(browser, `${served.url}/?site=${SITE}&range=7`);
      await page.getByRole("button", { name: "Download" }).click();
      const read = async (button: string) => {
        const download = page.waitForEvent("download");
        await page.getByRole("button", { name: button }).click();
        const stream = await (await download).createReadStream();
        return Buffer.concat(await stream.toArray()).toString();
      };
      expect((await read("Days (CSV)")).split("\r\n").slice(0, 2)).toEqual(["date,visits,visitors", "2026-11-16,157,"]);
      const pages = (await read("All pages (CSV)")).trimEnd().split("\r\n");
      expect(pages[0]).toBe("page,visits,visitors,period visits,period visitors");
      expect(pages).toHaveLength(12);
      expect(pages.some((line) => /^\/notes\/caf%C3%A9,330,,\d+,$/.test(line))).toBe(true);
      expect(complaints).toEqual([]);
      await closePage(page);
    });

    test("tells the visits of the last minutes, and refreshes: focus stays, rows come up to date", async () => {
      const { page } = await openFull(browser, `${served.url}/?site=blog.example.org`);
      const link = page.locator("#pages tbody a").first();
      await link.focus();
      await importLines(served.url, "blog.example.org", [JSON.stringify({ page: "/hello", visits: 100_000, days: { [TODAY]: 100_000 } })]);
      await eventually(() => page.locator("#live").innerText(), 40_000).toContain("100,000 visits in the last 1 min");
      await eventually(() => page.locator("#pages tbody tr", { hasText: "/hello" }).innerText()).toContain("100,");
      expect(await link.evaluate((element) => element === document.activeElement)).toBe(true);
      await closePage(page);
    });

    test("is complete in Chinese, and remembers another language", async () => {
      const { page } = await openFull(browser, `${served.url}/?site=${SITE}`, { locale: "zh-CN" });
      expect(await page.locator("html").getAttribute("lang")).toBe("zh-Hans");
      await page.locator("#caption").getByText("2026年10月24日 至 2026年11月22日").waitFor();
      const picture = () => page.locator("#chart canvas").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
      const inChinese = await picture();
      await page.getByLabel("语言").selectOption("English");
      await page.getByText("Show by").waitFor();
      await eventually(picture).not.toBe(inChinese);
      await page.reload();
      await page.getByText("Show by").waitFor();
      await closePage(page);
    });

    test("shows the service's contract", async () => {
      const { page, complaints } = await openFull(browser, `${served.url}/?site=${SITE}`);
      await page.getByRole("link", { name: "API", exact: true }).click();
      await page.getByText("POST /v1/visits").first().click();
      await page.getByText("Answers after the store has committed the visit.").first().waitFor();
      await page.getByRole("link", { name: "Back to the numbers" }).click();
      await eventually(() => title(page)).toBe(SITE);
      await page.getByRole("link", { name: "API", exact: true }).click();
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByLabel("Key").fill(KEY);
      await page.keyboard.press("Enter");
      await eventually(() => title(page)).toBe(SITE);
      expect(new URL(page.url()).search).toBe(`?site=${SITE}`);
      expect(complaints).toEqual([]);
      await closePage(page);
    });

    test("works without storage, and below a path", async () => {
      const { page, complaints } = await openPage(browser);
      await page.addInitScript(() => {
        for (const name of ["localStorage", "sessionStorage"]) {
          Object.defineProperty(globalThis, name, {
            get() {
              throw new DOMException("blocked", "SecurityError");
            },
          });
        }
      });
      // As a proxy does that hands `/stats/…` on to the service.
      await page.route("http://proxy.localhost/stats/**", async (route) => {
        const url = route.request().url().replace("http://proxy.localhost/stats", served.url);
        await route.fulfill({ response: await route.fetch({ url }) });
      });
      await page.goto(`http://proxy.localhost/stats/?site=${SITE}`);
      await page.locator("#chart canvas").waitFor();
      await page.locator("#pages tbody th bdi").getByText("/about").click();
      await eventually(() => title(page)).toBe("/about");
      expect(page.url()).toBe(`http://proxy.localhost/stats/?site=${SITE}&page=%2Fabout`);
      expect(complaints).toEqual([]);
      await closePage(page);
    });

    test("says what failed, tries again, and the keyboard goes on there", async () => {
      const { page, complaints } = await openPage(browser);
      const detail = "The store did not answer in time.";
      await page.route("**/v1/sites*", (route) =>
        route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ detail }) }),
      );
      await page.goto(served.url);
      await page.getByRole("alert").getByText(detail).waitFor();
      await page.unroute("**/v1/sites*");
      await page.getByRole("button", { name: "Try again" }).click();
      await page.locator("#chart canvas").waitFor();
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
      expect(complaints).toEqual([]);
      await closePage(page);
    });
  });

  test("asks for the key where numbers are not public, keeps it in the tab alone, and forgets it", async () => {
    const served = await onNode({ PUBLIC_STATS: "false" });
    await fill(served.url);
    const { page } = await openPage(browser);
    const stored = () =>
      page.evaluate(() => ({ local: Object.values(localStorage), session: Object.values(sessionStorage), cookie: document.cookie }));
    await page.goto(served.url);
    for (const wrong of ["wrong", "Schlüssel", "ключ", "密钥"]) {
      await page.getByLabel("Key").fill(wrong);
      await page.keyboard.press("Enter");
      await page.getByText("This is not the key.").waitFor();
      await eventually(() => page.getByLabel("Key").inputValue()).toBe("");
    }
    await page.getByLabel("Key").fill(KEY);
    await page.keyboard.press("Enter");
    await page.locator("#chart canvas").waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    await page.reload();
    await page.locator("#chart canvas").waitFor();
    expect(await stored()).toEqual({ local: [], session: [KEY], cookie: "" });
    const other = await page.context().newPage();
    await other.goto(served.url);
    await other.getByRole("heading", { name: "These numbers are not public" }).waitFor();
    await other.getByLabel("Remember on this device").check();
    await other.getByLabel("Key").fill(KEY);
    await other.keyboard.press("Enter");
    await other.locator("#chart canvas").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "These numbers are not public" }).waitFor();
    expect(await stored()).toEqual({ local: [], session: [], cookie: "" });
    await closePage(page);
    await served.stop();
  });

  test("asks for the key of a site that is not public beside one that is", async () => {
    const shared = "friends-key-0123456789";
    const served = await onNode({ PUBLIC_STATS: "blog.example.org", STATS_KEY: `blog.example.org=${shared}` });
    await fill(served.url);
    const { page, complaints } = await openPage(browser);
    const gate = page.getByRole("heading", { name: "These numbers are not public" });
    await page.goto(`${served.url}/?site=${SITE}`);
    await gate.waitFor();
    expect(await page.locator("#sites li bdi").allInnerTexts()).toEqual(["blog.example.org"]);
    await page.getByLabel("Key").fill(KEY);
    await page.keyboard.press("Enter");
    await eventually(() => title(page)).toBe(SITE);
    await page.getByRole("button", { name: "Sign out" }).click();
    await gate.waitFor();
    expect(await page.locator("#sites li bdi").allInnerTexts()).toEqual(["blog.example.org"]);
    await page.getByRole("link", { name: "blog.example.org" }).click();
    await eventually(() => title(page)).toBe("blog.example.org");
    await page.goto(`${served.url}/?site=${SITE}#key=${shared}`);
    await page.getByText("The service does not know the key of this link.").waitFor();
    await gate.waitFor();
    expect(complaints).toEqual([]);
    await closePage(page);
    await served.stop();
  });

  test("says what to do for a site that has no visit yet, or may not count", async () => {
    const served = await onNode({ PUBLIC_STATS: "true", SITES: `${SITE},new.example` });
    await fillMany(served.url, SITE, 1);
    const { page } = await openPage(browser);
    for (const site of ["new.example", "stranger.example"]) {
      await page.goto(`${served.url}/?site=${site}`);
      await page.getByRole("heading", { name: `No visits of ${site} yet` }).waitFor();
    }
    await closePage(page);
    await served.stop();
  });

  test("shows visitors beside visits, and says what one is", async () => {
    const served = await onNode({ PUBLIC_STATS: "true", CLIENT_IP_HEADER: "socket" });
    await fill(served.url, true);
    const { page, complaints } = await openFull(browser, `${served.url}/?site=${SITE}`);
    expect(await tile(page, "Visitors").innerText()).toMatch(/^Visitors\s+[\d,]+\s+\+\d+% from [\d,]+$/);
    expect(await tile(page, "Today").innerText()).toMatch(/36\s+\d+ visitors, so far, UTC/);
    await page.getByText("A visitor is one browser on one day").waitFor();
    expect(await page.locator(".legend").innerText()).toContain("Visitors");
    await page.getByText("Show as a table").click();
    expect(await page.locator("figure thead").innerText()).toMatch(/Visits\s+Visitors\s+Before/);
    await page.getByRole("columnheader", { name: "Visitors" }).last().getByRole("button").click();
    await eventually(() => rows(page)).toHaveLength(11);
    await eventually(() => page.locator("#pages tbody tr").first().innerText()).toMatch(/1,057\s+6\d\d\s+\+133/);
    expect(complaints).toEqual([]);
    await closePage(page);
    await served.stop();
  });

  test("says what is missing where there is no key at all", async () => {
    const served = await startNodeServer({ SITES: "*", SQLITE_PATH: ":memory:" });
    const { page } = await openPage(browser);
    await page.goto(served.url);
    await page.getByText("set PUBLIC_STATS=true or an ADMIN_KEY").waitFor();
    expect(await page.getByLabel("Key").count()).toBe(0);
    await closePage(page);
    await served.stop();
  });

  test("shares one site by a link whose key opens that site alone", async () => {
    const shared = "friends-key-0123456789";
    const served = await onNode({ PUBLIC_STATS: "false", STATS_KEY: `${SITE}=${shared}` });
    await fill(served.url);
    const { page } = await openFull(browser, `${served.url}/?site=${SITE}#key=${KEY}`);
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByLabel("Key of the link").fill("unknown");
    await page.getByRole("button", { name: "Try the link" }).click();
    await page.getByText(`The link does not open ${SITE} yet`).waitFor();
    await page.getByLabel("Key of the link").fill(KEY);
    await page.getByRole("button", { name: "Try the link" }).click();
    await page.getByText("never share it").waitFor();
    await page.getByLabel("Key of the link").fill(shared);
    expect(await page.getByLabel("Setting").inputValue()).toBe(`STATS_KEY=${SITE}=${shared}`);
    await page.getByRole("button", { name: "Try the link" }).click();
    await page.getByText(`The link works: it opens ${SITE}.`).waitFor();
    const link = await page.getByLabel("Link", { exact: true }).inputValue();
    await closePage(page);

    const friend = await openFull(browser, link);
    expect(await friend.page.locator("#sites li").count()).toBe(1);
    await friend.page.locator("#pages tbody th bdi").getByText("/about").click();
    await eventually(() => title(friend.page)).toBe("/about");
    expect(friend.page.url()).toContain(`#key=${shared}`);
    await friend.page.getByText("Bring old numbers along").click();
    await friend.page.getByText("Sign in with ADMIN_KEY to change numbers.").waitFor();
    expect(await friend.page.evaluate(() => Object.keys(sessionStorage))).toEqual([]);
    await closePage(friend.page);
    await served.stop();
  });

  test("finds a page among thousands, by the service", async () => {
    const served = await onNode({ PUBLIC_STATS: "true" });
    await fillMany(served.url, SITE, 6_500);
    const { page } = await openFull(browser, served.url);
    await page.getByText("20 of the 100 busiest pages; there are more").waitFor();
    await page.getByRole("searchbox").fill("06499");
    await eventually(() => rows(page)).toEqual(["/archive/06499"]);
    await page.getByRole("searchbox").fill("");
    await page.getByRole("columnheader", { name: "Page" }).getByRole("button").click();
    await page.getByText("20 of 6,500 pages").waitFor({ timeout: 30_000 });
    expect((await rows(page))[0]).toBe("/archive/00000");
    // Also of another period, and beside one of them.
    await period(page).selectOption("7 days");
    await page.getByText(`Visits to ${SITE}, Nov 16, 2026`).waitFor();
    await page.getByText("busiest pages").waitFor({ state: "detached", timeout: 30_000 });
    await page.getByText("20 of 6,500 pages").waitFor({ timeout: 30_000 });
    await page.locator("#pages tbody th bdi").getByText("/archive/00007").click();
    await page.getByText(`Visits to ${SITE}/archive/00007`).waitFor();
    await page.locator("main [aria-busy=false]").waitFor();
    expect(await page.getByText("20 of 6,500 pages").count()).toBe(1);
    await closePage(page);
    await served.stop();
  });
});
