import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";
import { BROWSER_FLAGS, browserProgram } from "../support/browser.ts";
import { NOON } from "./dashboard-data.ts";

/** Screenshots do not depend on the machine's settings. */
const FLAGS = [...BROWSER_FLAGS, "--font-render-hinting=none", "--force-color-profile=srgb"];
/** The browser tells of an answer that is an error: the page says so to the reader. */
const REFUSED = /the server responded with a status of \d+|net::ERR_/;

/** Starts Chromium. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserProgram(), args: FLAGS });
}

/** How a page is opened. */
export interface PageOptions {
  readonly dark?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly locale?: string;
  /** The clock stands still at noon of the data's last day, unless this is `false`. */
  readonly still?: boolean;
}

/** A page, and what its console and its Content-Security-Policy had to say. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<{ page: Page; complaints: string[] }> {
  const { dark = false, width = 1280, height = 900, locale = "en-US", still = true } = options;
  const context = await browser.newContext({
    colorScheme: dark ? "dark" : "light",
    viewport: { width, height },
    locale,
    timezoneId: "America/Los_Angeles",
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && !REFUSED.test(message.text()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  if (still) await page.clock.setFixedTime(NOON);
  return { page, complaints };
}

/** Ends a page. Requests that a route of its has not answered yet end with it, and are no error. */
export async function closePage(page: Page): Promise<void> {
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.context().close();
}

/** Opens a dashboard, and waits for its numbers. */
export async function openFull(browser: Browser, url: string, options: PageOptions = {}): Promise<{ page: Page; complaints: string[] }> {
  const opened = await openPage(browser, options);
  await opened.page.goto(url);
  await opened.page.locator("#chart canvas").waitFor();
  return opened;
}

/** What axe-core finds. */
export async function findBarriers(page: Page): Promise<string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // Not as a script of the page, which its policy would refuse.
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { axe: loaded } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } };
    // Size of targets is a rule of WCAG 2.2.
    return (await loaded.run({ rules: { "target-size": { enabled: true } } })).violations;
  });
  return violations.map(({ id, impact, help, nodes }) => `${impact} ${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string }[];
}
