import { afterAll, expect, test } from "vitest";
import { describeBrowsing, PATIENCE, textOf } from "./browsing.ts";
import { generateHexo, type HexoSite } from "./hexo.ts";
import { folder } from "./websites.ts";

const HELLO = "/你好/";
const NEXT = { vendors: { internal: "local", plugins: "local" }, motion: { enable: false }, pjax: true };
const FLUID_DEMO = { post: { meta: { views: { enable: true } } }, footer: { statistics: { enable: true } } };

describeBrowsing("Hexo's themes, generated", ["clients"], (browsing) => {
  const generated: HexoSite[] = [];
  afterAll(() => Promise.all(generated.map((site) => site.remove())));

  /** A site whose theme is told the service's address. */
  async function websiteOf(theme: "next" | "fluid", config: (api: string) => object): Promise<string> {
    const { api, websites, newSite, at } = browsing();
    const site = newSite();
    const made = await generateHexo(theme, at(site, ""), config(`http://${api}`));
    generated.push(made);
    websites.set(site, folder(made.root));
    return site;
  }

  test("NexT with LeanCloud: a post counts once a view, PJAX included, and the home page shows without counting", async () => {
    const { at, open, totals } = browsing();
    const site = await websiteOf("next", (api) => ({
      ...NEXT,
      leancloud_visitors: { enable: true, app_id: "app", app_key: "key", server_url: api, security: false },
    }));
    const { page } = await open();
    await page.goto(at(site, HELLO));
    expect(await textOf(page, ".leancloud-visitors-count")).toBe("1");
    await expect.poll(() => totals(site, HELLO), PATIENCE).toEqual([1, 1]);
    await page.reload();
    expect(await textOf(page, ".leancloud-visitors-count")).toBe("2");
    await expect.poll(() => totals(site, HELLO), PATIENCE).toEqual([2, 2]);

    await page.goto(at(site, "/"));
    await expect
      .poll(() => page.locator(".leancloud-visitors-count").allTextContents(), PATIENCE)
      .toEqual(expect.arrayContaining(["2", "0"]));
    expect(await totals(site, "/")).toEqual([0, 2]);

    // Without a reload.
    await page.evaluate("window.isSame = true");
    await page.click('.post-title-link[href="/second/"]');
    await page.waitForURL("**/second/");
    await expect.poll(() => totals(site, "/second"), PATIENCE).toEqual([1, 3]);
    expect(await textOf(page, ".leancloud-visitors-count")).toBe("1");
    expect(await page.evaluate("window.isSame")).toBe(true);
  });

  test("NexT with busuanzi: our script counts each page once, PJAX included, and fills what the theme shows", async () => {
    const { at, open, totals } = browsing();
    const site = await websiteOf("next", (api) => ({
      ...NEXT,
      vendors: { ...NEXT.vendors, busuanzi: `${api}/busuanzi/2.3/busuanzi.pure.mini.js` },
      busuanzi_count: { enable: true, total_visitors: true, total_views: true, post_views: true },
    }));
    const { page, complaints } = await open();
    await page.goto(at(site, HELLO));
    expect(await textOf(page, "#busuanzi_value_page_pv")).toBe("1");
    expect(await textOf(page, "#busuanzi_value_site_pv")).toBe("1");
    await page.click("a.brand");
    await page.waitForURL("**/");
    await expect.poll(() => totals(site, "/"), PATIENCE).toEqual([1, 2]);
    await page.click('.post-title-link[href="/second/"]');
    await page.waitForURL("**/second/");
    await expect.poll(() => page.locator("#busuanzi_value_site_pv").first().textContent(), PATIENCE).toBe("3");
    expect(await textOf(page, "#busuanzi_value_page_pv")).toBe("1");
    await page.goBack();
    await expect.poll(() => totals(site, "/"), PATIENCE).toEqual([2, 4]);
    expect(await totals(site, HELLO)).toEqual([1, 4]);
    expect(complaints.filter((line) => /busuanzi|takeover|footfall|uncaught/i.test(line))).toEqual([]);
  });

  test("Fluid with LeanCloud: a batch counts the page once, and all three numbers are right", async () => {
    const { at, open, totals } = browsing();
    const site = await websiteOf("fluid", (api) => fluid("leancloud", { leancloud: { app_id: "app", app_key: "key", server_url: api } }));
    const { page } = await open();
    for (const view of [1, 2]) {
      await page.goto(at(site, HELLO));
      expect(await textOf(page, "#leancloud-page-views")).toBe(String(view));
      expect(await textOf(page, "#leancloud-site-pv")).toBe(String(view));
      await expect.poll(() => totals(site, HELLO), PATIENCE).toEqual([view, view]);
    }
  });

  test("Fluid with OpenKounter: a batch counts the page once", async () => {
    const { at, open, totals } = browsing();
    const site = await websiteOf("fluid", (api) => fluid("openkounter", { openkounter: { server_url: api, ignore_local: false } }));
    const { page } = await open();
    for (const view of [1, 2]) {
      await page.goto(at(site, HELLO));
      expect(await textOf(page, "#openkounter-site-pv")).toBe(String(view));
      await expect.poll(() => totals(site, HELLO), PATIENCE).toEqual([view, view]);
    }
  });

  test("Fluid with Umami: our script counts, and the theme's own reader shows totals", async () => {
    const { at, open, totals } = browsing();
    const site = await websiteOf("fluid", (api) =>
      fluid("umami", {
        umami: { src: `${api}/script.js`, website_id: "any", api_server: api, start_time: "2024-01-01T00:00:00.000Z", token: "any" },
      }),
    );
    const { page } = await open();
    await page.goto(at(site, HELLO));
    await expect.poll(() => totals(site, HELLO), PATIENCE).toEqual([1, 1]);
    await page.goto(at(site, HELLO));
    await expect.poll(() => totals(site, HELLO), PATIENCE).toEqual([2, 2]);
    // It reads while the visit is being counted.
    expect(["1", "2"]).toContain(await textOf(page, "#umami-page-views"));
    expect(["1", "2"]).toContain(await textOf(page, "#umami-site-pv"));
  });

  test("Fluid with busuanzi: one prefix, and the theme appends the file's name", async () => {
    const { at, open, totals } = browsing();
    const site = await websiteOf("fluid", (api) => ({
      ...fluid("busuanzi", {}),
      static_prefix: { busuanzi: `${api}/busuanzi/2.3/` },
    }));
    const { page } = await open();
    for (const view of [1, 2]) {
      await page.goto(at(site, HELLO));
      expect(await textOf(page, "#busuanzi_value_page_pv")).toBe(String(view));
      expect(await textOf(page, "#busuanzi_value_site_uv")).toBe(String(view));
    }
    expect(await totals(site, HELLO)).toEqual([2, 2]);
  });
});

/** Fluid's settings with the numbers of one counter. */
function fluid(source: string, analytics: object): object {
  return {
    post: { meta: { views: { ...FLUID_DEMO.post.meta.views, source } } },
    footer: { statistics: { ...FLUID_DEMO.footer.statistics, source } },
    web_analytics: { enable: true, ...analytics },
  };
}
