import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyProject, type Project } from "../build/copy-project.ts";
import { type Loop, startLoop, within } from "./dev-loop.ts";
import { requires } from "./support/skip.ts";
import { openBrowser, openPage } from "./web/dashboard-browser.ts";

requires("chromium")("npm run dev in a browser", () => {
  let browser: Browser;
  let project: Project;
  let loop: Loop;
  beforeAll(async () => {
    [browser, project] = await Promise.all([openBrowser(), copyProject()]);
    loop = await startLoop(project, ["--sample"]);
  });
  afterAll(async () => {
    await browser?.close();
    await loop?.process.stop();
    await project?.remove();
  });

  test("the dashboard reloads itself at an edit, and shows a syntax error until it is gone", async () => {
    const { page, complaints } = await openPage(browser);
    await page.clock.setSystemTime(new Date());
    await page.goto(loop.url);
    await page.locator("#chart canvas").waitFor();
    await page.evaluate("globalThis.mark = true");
    await project.edit("src/web/dashboard/texts/en.ts", 'onWebsite: "On your website"', 'onWebsite: "Edited"');
    await page.getByText("Edited", { exact: true }).waitFor();
    await expect.poll(() => page.evaluate("globalThis.mark"), within).toBeUndefined();
    await page.locator("#chart canvas").waitFor();

    await page.evaluate("globalThis.mark = true");
    await project.edit("src/routes/health.ts", 'status: "ok"', "status: = oops");
    const alert = page.locator("pre[role=alert]");
    await alert.getByText(/Unexpected "="[\s\S]*src\/routes\/health\.ts:\d+/).waitFor();
    await project.edit("src/routes/health.ts", "status: = oops", 'status: "edited"');
    await expect.poll(() => page.evaluate("globalThis.mark"), within).toBeUndefined();
    await page.locator("#chart canvas").waitFor();
    expect(await alert.count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("the sample website counts at the service, and is reloaded too", async () => {
    const [, sample = ""] = /sample {5}(\S+)/.exec(loop.process.output()) ?? [];
    const { page } = await openPage(browser);
    await page.goto(sample);
    await expect.poll(() => page.locator("[data-visits]").first().innerText(), within).toMatch(/^\d+$/);
    await project.edit("build/sample/index.html", "<h1>", "<h1>Edited: ");
    await page.getByRole("heading", { name: /^Edited: / }).waitFor();
    await page.context().close();
  });
});
