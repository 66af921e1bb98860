import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { findProgram, start } from "../../build/process.ts";

/** Headless Chromium's own says so, and would be counted as a bot. */
const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

/** For a root user, without a screen, and without any request of the browser's own. */
export const BROWSER_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // No spare process for a website that may never come: it takes a tenth of the browser's time.
  "--renderer-process-limit=1",
  // Every website is on this machine, whatever it is called.
  "--host-resolver-rules=MAP * 127.0.0.1",
];

/** How long a page may take for what a test waits for, on a loaded machine. */
const PAGE_TIMEOUT_MS = 20_000;

/** A page, and all that its console has said as a problem: errors, warnings, exceptions that nobody caught. */
export interface Opened {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** The Chromium that has no windows, which is Playwright's own choice, needs a third of the processor's time. */
export function browserProgram(): string {
  return findProgram("chromium-headless-shell") ?? wholeChromium();
}

/**
 * Starts Chromium.
 *
 * @param cached with its back/forward cache, which Playwright by itself switches off and only the whole Chromium has
 */
export function startBrowser(cached = false): Promise<Browser> {
  return cached
    ? chromium.launch({ executablePath: wholeChromium(), args: BROWSER_FLAGS, ignoreDefaultArgs: ["--disable-back-forward-cache"] })
    : chromium.launch({ executablePath: browserProgram(), args: BROWSER_FLAGS });
}

/** Opens an empty page in a profile of its own. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ userAgent: USER_AGENT, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PAGE_TIMEOUT_MS);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  return { page, complaints };
}

/**
 * Opens a page in a Chromium that no debugger watches: beneath one, there is no prerendering. What the page does is seen at its servers.
 *
 * @returns ends the browser
 */
export async function visitUnwatched(url: string): Promise<() => Promise<void>> {
  const profile = await mkdtemp(join(tmpdir(), "footfall-"));
  const running = start(wholeChromium(), [
    "--headless=new",
    ...BROWSER_FLAGS,
    `--user-agent=${USER_AGENT}`,
    `--user-data-dir=${profile}`,
    url,
  ]);
  return async () => {
    await running.stop();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
}

function wholeChromium(): string {
  return findProgram("chromium") ?? "chromium";
}
