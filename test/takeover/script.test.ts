import { expect, test } from "vitest";
import { startGate } from "../web/embed-gate.ts";
import { describeBrowsing, PATIENCE, textOf } from "./browsing.ts";
import { ADMIN_KEY } from "./stage.ts";
import { pagesOf } from "./websites.ts";

const PLACES = ["site_pv", "page_pv", "site_uv", "page_uv"];
const span = (id: string) => `<span id="${id}"></span>`;
const EVERY_PLACE = [
  ...PLACES.flatMap((name) => [`busuanzi_value_${name}`, `vercount_value_${name}`, `busuanzi_${name}`].map(span)),
  ...["busuanzi", "vercount"].map((name) => `<div id="${name}_container_page_pv" style="display:none">shown</div>`),
].join("");

describeBrowsing("the script that stands for other counters'", [], (browsing) => {
  test.each(["/js", "/busuanzi/2.3/busuanzi.pure.mini.js", "/count.js", "/script.js", "/js/script.js", "/tracker.js"])(
    "from %s it counts once, fills every place and shows what was hidden",
    async (path) => {
      const { api, websites, newSite, at, open, totals } = browsing();
      const site = newSite();
      websites.set(site, pagesOf(`${EVERY_PLACE}<script async src="http://${api}${path}"></script>`));
      const { page, complaints } = await open();
      await page.goto(at(site, "/你好/"));
      await expect.poll(() => page.locator("span").allTextContents(), PATIENCE).toEqual(Array(12).fill("1"));
      expect(await page.locator("#vercount_container_page_pv").isVisible()).toBe(true);
      expect(await page.locator("#busuanzi_container_page_pv").isVisible()).toBe(true);
      expect(await totals(site, "/你好")).toEqual([1, 1]);
      expect(complaints).toEqual([]);
    },
  );

  test("a visit whose answer is lost is sent again and counts once: the host swap alone makes it safe", async () => {
    const { url, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    const gate = await startGate(url);
    const posts = () => gate.asked.filter(({ method }) => method === "POST");
    gate.decide = ({ method }) => (method === "POST" && posts().length === 1 ? "drop" : "pass");
    websites.set(site, pagesOf(`${span("busuanzi_page_pv")}<script src="http://api.test:${gate.port}/js"></script>`));
    const { page } = await open();
    await page.goto(at(site, "/lost"));
    expect(await textOf(page, "#busuanzi_page_pv")).toBe("1");
    expect(posts().length).toBeGreaterThan(1);
    expect(await totals(site, "/lost")).toEqual([1, 1]);
    await page.context().close();
    await gate.stop();
  });

  test("run again it counts the next page once and the same page not twice", async () => {
    const { api, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    const tag = `<script async src="http://${api}/js"></script>`;
    websites.set(site, pagesOf(`<main>${span("busuanzi_value_page_pv")}</main>${tag}`));
    const { page } = await open();
    await page.goto(at(site, "/a"));
    expect(await textOf(page, "#busuanzi_value_page_pv")).toBe("1");
    // As PJAX does it: another address, other elements, and the script once more.
    const go = (path: string) =>
      page.evaluate(`(() => {
        history.pushState({}, "", "${path}");
        document.querySelector("main").innerHTML = '<span id="busuanzi_value_page_pv"></span>';
        const script = document.createElement("script");
        script.src = "http://${api}/js";
        document.body.append(script);
      })()`);
    await go("/b");
    expect(await textOf(page, "#busuanzi_value_page_pv")).toBe("1");
    await go("/b");
    expect(await textOf(page, "#busuanzi_value_page_pv")).toBe("1");
    await go("/a");
    expect(await textOf(page, "#busuanzi_value_page_pv")).toBe("2");
    expect([await totals(site, "/a"), await totals(site, "/b")]).toEqual([
      [2, 3],
      [1, 3],
    ]);
  });

  test("two of the tags, and the service's own beside them, count once", async () => {
    const { api, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    const tags = ["/js", "/busuanzi.pure.mini.js", "/embed.js"].map((path) => `<script defer src="http://${api}${path}"></script>`);
    websites.set(site, pagesOf(`${span("busuanzi_value_page_pv")}<b data-visits></b>${tags.join("")}`));
    const { page } = await open();
    await page.goto(at(site, "/two"));
    expect(await textOf(page, "#busuanzi_value_page_pv")).toBe("1");
    expect(await textOf(page, "[data-visits]")).toBe("1");
    await page.waitForTimeout(500);
    expect(await totals(site, "/two")).toEqual([1, 1]);
  });

  test("what a page owns of the browser's names is not taken for the browser's", async () => {
    const { api, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    const names =
      '<a id="footfall"></a><img name="currentScript"><script>const URL = 1, JSON = 1, String = 1, Object = 1, localStorage = 1</script>';
    websites.set(site, pagesOf(`${names}${span("busuanzi_value_page_pv")}<script src="http://${api}/js"></script>`));
    const { page, complaints } = await open();
    await page.goto(at(site, "/own"));
    expect(await textOf(page, "#busuanzi_value_page_pv")).toBe("1");
    expect([complaints, await totals(site, "/own")]).toEqual([[], [1, 1]]);
  });

  test("it reads soxft's attributes", async () => {
    const { api, websites, newSite, at, open, url } = browsing();
    const site = newSite();
    const headers = { "X-API-Key": ADMIN_KEY, "Content-Type": "application/json" };
    await fetch(`${url}/v1/visits`, { method: "PUT", headers, body: JSON.stringify({ site, page: "/many", visits: 1_233 }) });
    const tag = (style: string) => `<script src="http://${api}/js" data-prefix="bsz" data-style="${style}"></script>`;
    const { page } = await open();
    for (const [style, shown] of [
      ["comma", "1,234"],
      ["short", "1.2K"],
      ["default", "1236"],
    ] as const) {
      websites.set(site, pagesOf(span("bsz_page_pv") + tag(style)));
      await page.goto(at(site, "/many"));
      expect(await textOf(page, "#bsz_page_pv")).toBe(shown);
    }
  });

  test.each([
    ["umami.disabled", "1"],
    ["umami.disabled", "true"],
    ["plausible_ignore", "true"],
    ["skipgc", "t"],
    ["footfall", "off"],
  ])("who has set %s to %s is shown numbers and not counted", async (name, value) => {
    const { api, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    const html = `<script>localStorage.setItem("${name}", "${value}")</script>${span("busuanzi_page_pv")}<script src="http://${api}/js"></script>`;
    websites.set(site, pagesOf(html));
    const { page } = await open();
    await page.goto(at(site, "/me"));
    expect(await textOf(page, "#busuanzi_page_pv")).toBe("0");
    expect(await totals(site, "/me")).toEqual([0, 0]);
  });

  test.each([
    ['data-domains="SITE, www.SITE"', 1],
    ['data-domains="www.SITE"', 0],
    ['data-do-not-track="true"', 0],
    ['data-do-not-track="false"', 1],
  ])("Umami's %s holds", async (attribute, counted) => {
    const { api, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    // In the page alone: no header tells the service.
    const wish = `<script>Object.defineProperty(navigator, "doNotTrack", { value: "1" })</script>`;
    const tag = `<script src="http://${api}/script.js" data-website-id="x" ${attribute.replaceAll("SITE", site)}></script>`;
    websites.set(site, pagesOf(`${wish}${span("busuanzi_page_pv")}${tag}`));
    const { page } = await open();
    await page.goto(at(site, "/me"));
    expect(await textOf(page, "#busuanzi_page_pv")).toBe(`${counted}`);
    expect(await totals(site, "/me")).toEqual([counted, counted]);
  });

  test("what pages call of Umami, Plausible and GoatCounter is there and counts nothing more", async () => {
    const { api, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    const calls = `<script>addEventListener("load", async () => {
      await umami.track((props) => ({ ...props })); umami.identify("x"); plausible("Signup"); goatcounter.count({ path: "x" });
      document.title = "called";
    })</script>`;
    websites.set(site, pagesOf(`<script src="http://${api}/script.js" data-website-id="x"></script>${calls}`));
    const { page, complaints } = await open();
    await page.goto(at(site, "/calls"));
    await page.waitForFunction("document.title === 'called'");
    await expect.poll(() => totals(site, "/calls"), PATIENCE).toEqual([1, 1]);
    expect(complaints).toEqual([]);
  });

  test.each([
    ['<script>window.goatcounter = { no_onload: true, path: (path) => path + "/own" }</script>', "", "/hand/own"],
    ["", `data-goatcounter-settings='{"no_onload":true}'`, "/hand"],
  ])("with GoatCounter's no_onload only goatcounter.count() counts: %s%s", async (settings, attribute, own) => {
    const { api, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    const tag = `<script async src="http://${api}/count.js" ${attribute}></script>`;
    websites.set(site, pagesOf(`${settings}${span("busuanzi_value_site_pv")}${tag}`));
    const { page, complaints } = await open();
    await page.goto(at(site, "/hand"));
    expect(await textOf(page, "#busuanzi_value_site_pv")).toBe("0");
    await page.evaluate("goatcounter.count({ event: true, path: 'click' }); goatcounter.count({ path: () => null }); goatcounter.count()");
    await expect.poll(() => totals(site, own), PATIENCE).toEqual([1, 1]);
    await page.evaluate("goatcounter.count({ path: '/hand' })");
    await expect.poll(() => page.locator("#busuanzi_value_site_pv").textContent(), PATIENCE).toBe("2");
    expect(complaints).toEqual([]);
  });

  test("goatcounter keeps the page's members, and has those that its script gives", async () => {
    const { api, websites, newSite, at, open } = browsing();
    const site = newSite();
    const own = '<script>window.goatcounter = { allow_local: true, visit_count: () => "own" }</script>';
    websites.set(site, pagesOf(`${own}<script src="http://${api}/count.js"></script>`));
    const { page } = await open();
    await page.goto(at(site, "/members?ref=feed"));
    const members = `(({ allow_local, visit_count, get_query, filter, url, bind_events, count }) =>
      [allow_local, visit_count(), get_query("ref"), get_query("no"), filter(), url(), bind_events(), count()])(goatcounter)`;
    expect(await page.evaluate(members)).toEqual([true, "own", "feed", ...Array(5).fill(undefined)]);
  });

  test("Plausible's callback is called once, of events before and after the script has loaded, also where the tag runs again", async () => {
    const { api, websites, newSite, at, open, totals } = browsing();
    const site = newSite();
    const stub = `<script>
      window.called = [];
      window.plausible = window.plausible || function () { (plausible.q = plausible.q || []).push(arguments); };
      plausible.init = plausible.init || function (options) { plausible.o = options || {}; };
      plausible.init();
      plausible("Signup", { props: {}, callback: () => called.push("before") });
      plausible("pageview");
    </script>`;
    const tag = `<script src="http://${api}/js/script.js" data-domain="${site}"></script>`;
    const later = `<script>plausible.init(); plausible("Signup", { callback: () => called.push("after") });</script>`;
    websites.set(site, pagesOf(`${stub}<script src="http://${api}/js"></script>${tag}${later}${tag}`));
    const { page, complaints } = await open();
    await page.goto(at(site, "/callback"));
    await expect.poll(() => page.evaluate("called"), PATIENCE).toEqual(["before", "after"]);
    await expect.poll(() => totals(site, "/callback"), PATIENCE).toEqual([1, 1]);
    expect([await page.evaluate("called"), complaints]).toEqual([["before", "after"], []]);
  });

  test("beside another counter's tag, Plausible's own function stays", async () => {
    const { api, websites, newSite, at, open } = browsing();
    const site = newSite();
    const own = `<script>window.plausible = () => "Plausible's own"</script>`;
    websites.set(site, pagesOf(`${own}${span("busuanzi_value_page_pv")}<script src="http://${api}/js"></script>`));
    const { page } = await open();
    await page.goto(at(site, "/beside"));
    await textOf(page, "#busuanzi_value_page_pv");
    expect(await page.evaluate("plausible()")).toBe("Plausible's own");
  });

  test("a site that may not count: nothing is shown, nothing is asked again", async () => {
    const { api, websites, at, open } = browsing();
    websites.set(
      "stranger.test",
      pagesOf(`<div id="busuanzi_container_page_pv">${span("busuanzi_value_page_pv")}</div><script src="http://${api}/js"></script>`),
    );
    const { page } = await open();
    const refused = page.waitForResponse((response) => response.status() === 403);
    await page.goto(at("stranger.test", "/"));
    await refused;
    await page.waitForTimeout(300);
    expect(await page.locator("#busuanzi_container_page_pv").isVisible()).toBe(false);
  });
});
