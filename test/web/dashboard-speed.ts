import { availableParallelism, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { CDPSession, Page } from "playwright-core";
import { startNodeServer } from "../support/artefacts.ts";
import { openBrowser, openPage } from "./dashboard-browser.ts";
import { fillMany, KEY, SITE } from "./dashboard-data.ts";

// How fast the dashboard is, as figures: `node test/web/dashboard-speed.ts [runs]`. It needs a build, and Chromium.

/** 4G as Chromium's developer tools have it ("Fast 4G"), and a processor of a quarter of this one's speed. */
const NETWORK = { offline: false, latency: 60, downloadThroughput: (9_000_000 / 8) * 0.9, uploadThroughput: (1_500_000 / 8) * 0.9 };
const CPU_RATE = 4;
/** A new tab is at work by itself for about a second, on other cores than the page where there are some. */
const TAB_AT_REST_MS = 1_500;
const RUNS = Number(process.argv[2] ?? 5);

const settings = { SITES: "*", STORE: "sqlite", ADMIN_KEY: KEY, SQLITE_PATH: ":memory:", PUBLIC_STATS: "true" };
const served = await startNodeServer(settings);
const browser = await openBrowser();
try {
  await fillMany(served.url, SITE, 1_000);
  const first = await repeat(() => firstNumbers(served.url));
  await fillMany(served.url, "large.example", 10_000);
  const actions = await repeat(() => interactions(`${served.url}/?site=large.example`));
  console.log(`load average ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores: what else runs here makes figures worse`);
  console.table({
    ...median(first.map((ms) => ({ "first numbers, 1,000 pages, 4G": ms }))),
    ...median(actions),
  });
} finally {
  await browser.close();
  await served.stop();
}

/** From the first request to the end of the frame with the tiles' numbers, in a browser without a cache. */
async function firstNumbers(url: string): Promise<number> {
  const { page, session } = await throttled();
  await sleep(TAB_AT_REST_MS);
  await page.goto(url, { waitUntil: "commit" });
  const ms = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        // Looked for when the page changes: a look at every frame would make frames. A frame is painted after its callbacks; a task
        // that blocks the user then comes before the timers in which the page goes on drawing.
        const done = () => resolve(performance.now());
        const painted = () => requestAnimationFrame(() => void scheduler.postTask(done, { priority: "user-blocking" }));
        const look = () => {
          if (!document.querySelector(".figure")) return;
          seen.disconnect();
          painted();
        };
        const seen = new MutationObserver(look);
        seen.observe(document, { childList: true, subtree: true });
        look();
      }),
  );
  await session.detach();
  await page.context().close();
  return ms;
}

/** How fast the screen reacts with 10,000 pages in the list. */
async function interactions(url: string): Promise<Record<string, number>> {
  const { page, session } = await throttled(false);
  await page.goto(url);
  await page.locator("#pages tbody tr").first().waitFor();
  await page.getByRole("columnheader", { name: "Page" }).getByRole("button").click();
  await page.getByText("20 of 10,000 pages").waitFor({ timeout: 120_000 });
  await session.send("Emulation.setCPUThrottlingRate", { rate: CPU_RATE });
  const header = (name: string) => page.getByRole("columnheader", { name }).getByRole("button");
  const times: Record<string, number> = {
    "sort by visits": await reaction(page, "th.sort-visits button", () => header("Visits").click()),
    "sort by name": await reaction(page, "th.sort-page button", () => header("Page").click()),
    "type into the search": await reaction(page, "#pages input", () => page.locator("#pages input").pressSequentially("9")),
    "show by week": await reaction(page, "figure select", () => page.locator("figure select").selectOption("week")),
  };
  await page.context().close();
  return times;
}

/** From an event to the end of the frame that shows its effect, in milliseconds. */
async function reaction(page: Page, target: string, act: () => Promise<unknown>): Promise<number> {
  await page.evaluate((selector) => {
    const seen = { ms: 0 };
    Object.assign(globalThis, { seen });
    const element = document.querySelector(selector);
    for (const type of ["click", "input", "change"]) {
      element?.addEventListener(
        type,
        () => {
          const start = performance.now();
          // Once the frame with the change has been painted.
          requestAnimationFrame(() => setTimeout(() => Object.assign(seen, { ms: Math.max(seen.ms, performance.now() - start) })));
        },
        { capture: true },
      );
    }
  }, target);
  await act();
  await page.waitForFunction(() => (globalThis as unknown as { seen: { ms: number } }).seen.ms > 0);
  return page.evaluate(() => (globalThis as unknown as { seen: { ms: number } }).seen.ms);
}

async function throttled(slow = true): Promise<{ page: Page; session: CDPSession }> {
  const { page } = await openPage(browser, { still: false });
  const session = await page.context().newCDPSession(page);
  if (slow) {
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", NETWORK);
    await session.send("Emulation.setCPUThrottlingRate", { rate: CPU_RATE });
  }
  return { page, session };
}

async function repeat<T>(run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let count = 0; count < RUNS; count += 1) results.push(await run());
  return results;
}

/** The middle of each figure, and its worst, in milliseconds. */
function median(runs: readonly Record<string, number>[]): Record<string, { median: number; worst: number }> {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const values = runs.map((run) => run[name] ?? 0).sort((one, other) => one - other);
      return [name, { median: Math.round(values[values.length >> 1] ?? 0), worst: Math.round(values.at(-1) ?? 0) }];
    }),
  );
}
