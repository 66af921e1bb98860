import { build } from "esbuild";
import { expect, test } from "vitest";
import { describeBrowsing, PATIENCE, textOf } from "./browsing.ts";
import { CLIENTS, clientFile, pagesOf } from "./websites.ts";

const HELLO = "/2026/你好/";
const BUSUANZI = ["site_pv", "page_pv", "site_uv"]
  .map((name) => `<span id="busuanzi_container_${name}" style="display:none">n: <span id="busuanzi_value_${name}"></span></span>`)
  .join("");

describeBrowsing("other counters' clients", ["clients"], (browsing) => {
  test.each<[string, string]>([
    ["as browsers do it, which trim it", ""],
    ["with no Referer", '<meta name="referrer" content="no-referrer">'],
    ["with a full Referer", '<meta name="referrer" content="no-referrer-when-downgrade">'],
  ])("busuanzi.pure.js counts the page and not the site's root, %s", async (_, policy) => {
    const { api, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    const script = await clientFile("busuanzi.pure.js/busuanzi.pure.js", ["busuanzi.ibruce.info", api]);
    // It was made for bundlers.
    const html = `${policy}<script>var module = {}</script>${BUSUANZI}<script src="/busuanzi.js"></script>`;
    websites.set(site, pagesOf(html, { "/busuanzi.js": script }));
    const { page } = await open();
    for (const view of [1, 2]) {
      await page.goto(at(site, HELLO));
      expect(await textOf(page, "#busuanzi_value_page_pv")).toBe(String(view));
      expect(await page.locator("#busuanzi_container_page_pv").isVisible()).toBe(true);
    }
    expect(await totals(site, HELLO)).toEqual([2, 2]);
    await page.goto(at(site, "/"));
    expect(await textOf(page, "#busuanzi_value_page_pv")).toBe("1");
    expect(await textOf(page, "#busuanzi_value_site_pv")).toBe("3");
    expect(await totals(site, "/")).toEqual([1, 3]);
  });

  test("valine with visitor: true counts a post once, and a list shows without counting", async () => {
    const { api, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    const scripts = {
      "/av.js": await clientFile("leancloud-storage/dist/av-min.js"),
      "/valine.js": await clientFile("valine/dist/Valine.min.js"),
    };
    const visitors = (...ids: readonly string[]) =>
      ids.map(
        (id) =>
          `<span id="${encodeURI(id)}" class="leancloud_visitors" data-flag-title="T"><i class="leancloud-visitors-count"></i></span>`,
      );
    const run = `<div id="v"></div><script src="/av.js"></script><script src="/valine.js"></script>
      <script>new Valine({ el: "#v", appId: "app", appKey: "key", serverURLs: "http://${api}", visitor: true, path: decodeURI(location.pathname) })</script>`;
    const post = pagesOf(visitors(HELLO).join("") + run, scripts);
    const list = pagesOf(visitors(HELLO, "/none/").join("") + run, scripts);
    websites.set(site, (path) => (path === "/" ? list : post)(path));
    const { page } = await open();
    for (const view of [1, 2, 3]) {
      await page.goto(at(site, HELLO));
      expect(await textOf(page, ".leancloud-visitors-count")).toBe(String(view));
      await expect.poll(() => totals(site, HELLO), PATIENCE).toEqual([view, view]);
    }
    await page.goto(at(site, "/"));
    await expect.poll(() => page.locator(".leancloud-visitors-count").allTextContents(), PATIENCE).toEqual(["3", "0"]);
    expect(await totals(site, "/")).toEqual([0, 3]);
  });

  test("plausible-tracker counts each view of a page that changes its address", async () => {
    const { api, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    const script = await bundle(
      `import Plausible from "plausible-tracker";
       const plausible = Plausible({ domain: "${site}", apiHost: "http://${api}" });
       plausible.enableAutoPageviews();
       plausible.trackEvent("signup");`,
    );
    websites.set(site, pagesOf('<script defer src="/client.js"></script>', { "/client.js": script }));
    const { page, complaints } = await open();
    await page.goto(at(site, HELLO));
    await expect.poll(() => totals(site, HELLO), PATIENCE).toEqual([1, 1]);
    await page.evaluate('history.pushState({}, "", "/next/")');
    await expect.poll(() => totals(site, "/next"), PATIENCE).toEqual([1, 2]);
    expect(complaints).toEqual([]);
  });

  test("@counterscale/tracker counts each view of a page that changes its address", async () => {
    const { api, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    const script = await bundle(
      `import * as Counterscale from "@counterscale/tracker";
       Counterscale.init({ siteId: "my-site", reporterUrl: "http://${api}/collect" });`,
    );
    websites.set(site, pagesOf('<script defer src="/client.js"></script>', { "/client.js": script }));
    const { page, complaints } = await open();
    await page.goto(at(site, HELLO));
    await expect.poll(() => totals(site, HELLO), PATIENCE).toEqual([1, 1]);
    await page.evaluate('history.pushState({}, "", "/next/")');
    await expect.poll(() => totals(site, "/next"), PATIENCE).toEqual([1, 2]);
    expect(complaints).toEqual([]);
  });
});

/** A client as a page's own bundler would have it. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({ stdin: { contents, resolveDir: `${CLIENTS}/..` }, bundle: true, write: false, format: "iife" });
  return outputFiles[0]?.text ?? "";
}
