import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";
import { findProgram } from "../../build/process.ts";
import { BROWSER_FLAGS } from "../support/browser.ts";
import { NOON } from "./dashboard-data.ts";

/** Screenshots do not depend on the machine's settings. */
const FLAGS = [...BROWSER_FLAGS, "--font-render-hinting=none", "--force-color-profile=srgb"];

/** Starts Chromium. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findProgram("chromium") ?? "chromium", args: FLAGS });
}

/** A page whose clock stands still, and what its console and its Content-Security-Policy had to say. */
export async function openPage(
  browser: Browser,
  options: { dark?: boolean; width?: number; height?: number } = {},
): Promise<{ page: Page; complaints: string[] }> {
  const { dark = false, width = 1280, height = 900 } = options;
  const context = await browser.newContext({
    colorScheme: dark ? "dark" : "light",
    viewport: { width, height },
    locale: "en-US",
    timezoneId: "America/Los_Angeles",
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.clock.setFixedTime(NOON);
  return { page, complaints };
}

/** What axe-core finds on a page that is more than a hint. */
export async function findBarriers(page: Page): Promise<string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // Not as a script of the page, which its policy would refuse.
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { axe: loaded } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await loaded.run()).violations;
  });
  return violations
    .filter(({ impact }) => impact !== "minor")
    .map(({ id, impact, help, nodes }) => `${impact} ${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string }[];
}
