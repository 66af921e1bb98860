import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ASSETS } from "../../build/assets.ts";
import { requires } from "../support/skip.ts";
import { type Asked, type Gate, startGate } from "./embed-gate.ts";
import { PATIENCE, RUNTIMES, type Stage, setStage } from "./embed-stage.ts";

const ANSWERED = "window.footfall?.visits >= 0";
/** An icon of its own saves the browser from looking for one. */
const HEAD = '<!doctype html><meta charset=utf-8><title>Page</title><link rel=icon href="data:,">';
const NUMBER = "<p id=number data-visits></p>";

/** What is not the browser's own line about a request. */
const own = (complaints: readonly string[]) =>
  complaints.filter((line) => !/^Failed to load resource|blocked by CORS policy|status of \d+/.test(line));

const NODE_SERVER = RUNTIMES["the Node server"] as (typeof RUNTIMES)[string];
const UNANSWERED_MS = 90_000;
const isCount = ({ method, path }: Asked) => method === "POST" && path === "/v1/visits";

/** A view that gets somebody else's page for an answer, until the script ends it, after a minute. */
async function visitUnanswered(stage: Stage): Promise<{ asked: number; complaints: string[] }> {
  const site = stage.newSite();
  stage.api.decide = (asked) => (isCount(asked) ? { status: 200, body: "<!doctype html>" } : "pass");
  stage.pages.set("/page", `${HEAD}<script src="${stage.api.url}/embed.js"></script>${NUMBER}`);
  const { page, complaints } = await stage.open();
  await page.goto(stage.at(site, "/page"));
  await page.waitForEvent("console", (message) => message.text().includes("Footfall"));
  await page.waitForFunction("window.footfall", undefined, { timeout: 70_000 });
  return { asked: stage.counts(site).length, complaints: own(complaints) };
}

requires("chromium")("the script on pages as they are found", () => {
  let stage: Stage;
  /** Of the one visit that takes a minute, beside the others. */
  let lone: Stage;
  let embed: string;
  let site: string;
  let unanswered: ReturnType<typeof visitUnanswered>;
  beforeAll(async () => {
    embed = await readFile(join(ASSETS, "embed.js"), "utf8");
    [stage, lone] = await Promise.all([setStage(NODE_SERVER), setStage(NODE_SERVER)]);
    unanswered = visitUnanswered(lone);
    // The test that asks for it comes later.
    unanswered.catch(() => {});
  });
  afterEach(() => stage.clear());
  afterAll(() => Promise.all([stage?.stop(), lone?.stop()]));

  const tag = (attributes = "", service = stage.api.url) => `<script ${attributes} src="${service}/embed.js"></script>`;

  /** Opens a page of a new website. */
  async function visit(body: string, path = "/page") {
    site = stage.newSite();
    stage.pages.set(path, `${HEAD}${body}`);
    const opened = await stage.open();
    await opened.page.goto(stage.at(site, path));
    return opened;
  }

  const bodies = () => stage.counts(site).map(({ body }) => JSON.parse(body));
  const countedPages = () => bodies().map(({ page }) => page);
  const pages = (...expected: string[]) => expect.poll(countedPages, PATIENCE).toEqual(expected);
  const reads = () =>
    stage.api.asked
      .filter(({ method, path, headers }) => method === "GET" && path.startsWith("/v1/visits") && headers.origin?.includes(site))
      .map(({ path }) => new URL(path, "http://service").searchParams);

  describe("that own the names it needs", () => {
    test.each([
      ["a variable", '<script>var URL = "x"</script>'],
      ["an element", '<a id="footfall"></a><a id="history"></a><a id="fetch"></a><a id="addEventListener"></a>'],
      ["an image of the document", '<img name="currentScript"><img name="querySelectorAll"><img name="prerendering">'],
      ["a navigation", '<nav></nav><script>const navigation = document.querySelector("nav")</script>'],
      ["another navigation", '<nav></nav><script>var navigation = document.querySelector("nav")</script>'],
    ])("%s is not taken for the browser's", async (_, before) => {
      const { page, complaints } = await visit(before + tag() + NUMBER);
      await page.waitForFunction("document.querySelector('#number').textContent === '1'");
      await page.evaluate("history.pushState({}, '', '/b')");
      await pages("/page", "/b");
      expect(complaints).toEqual([]);
    });

    test("a history that nothing may change is no reason not to count a page that is there already", async () => {
      const add = `document.head.append(Object.assign(document.createElement("script"), { src: "${stage.api.url}/embed.js" }))`;
      const { page, complaints } = await visit(
        `${NUMBER}<script>Object.freeze(history); onload = () => setTimeout(() => ${add}, 50)</script>`,
      );
      await page.waitForFunction("document.querySelector('#number').textContent === '1'");
      expect(complaints).toEqual([]);
    });

    test("a constant for every global of the browser", async () => {
      const declare = `
        const names = new Set();
        for (let scope = window; scope; scope = Object.getPrototypeOf(scope))
          for (const name of Object.getOwnPropertyNames(scope))
            if (/^[A-Za-z]\\w+$/.test(name) && Object.getOwnPropertyDescriptor(window, name)?.configurable !== false) names.add(name);
        for (const name of names) {
          const script = document.createElement("script");
          script.textContent = "const " + name + " = 'mine'";
          document.head.append(script);
        }
        window.setTimeout(() => window.history.pushState({}, "", "/b"), 500);`;
      const { page, complaints } = await visit(`<script>{${declare}}</script>${tag()}${NUMBER}`);
      await pages("/page", "/b");
      await expect.poll(() => page.locator("#number").textContent(), PATIENCE).toBe("1");
      expect(complaints).toEqual([]);
    });

    test.each(["'x'", "function () { mine += 1 }", "async function () { mine += 1 }"])(
      "what it cannot do without, broken by %s: it throws nothing, and stops",
      async (mine) => {
        const names = new Set([...embed.matchAll(/window\.([A-Za-z]+)/g)].map(([, name]) => name));
        expect(names.size).toBeGreaterThan(10);
        const { page, complaints } = await visit("");
        for (const name of names) {
          const before = complaints.length;
          stage.pages.set("/broken", `${HEAD}<script>mine = 0; window.${name} = ${mine}</script>${tag()}${NUMBER}`);
          await page.goto(stage.at(site, "/broken"));
          await sleep(name === "fetch" ? 3_500 : 150);
          expect(complaints.slice(before), name).toEqual([]);
          if (name === "fetch") expect(await page.evaluate("mine")).toBeLessThan(2);
        }
      },
    );
  });

  describe("whose tag changes", () => {
    const one = '<div id="body"><script data-page="/one" src="SERVICE/embed.js"></script><p id=number data-visits></p></div>';
    const two = one.replace("/one", "/two");
    const at = (html: string) => html.replace("SERVICE", stage.api.url);
    const replace = (html: string, rest = "") => `history.pushState({}, "", "/b");
      document.querySelector("#body").outerHTML = ${JSON.stringify(html)}; ${rest}`;
    /** As Turbo and htmx do. */
    const RUN = `for (const old of document.querySelectorAll("#body script")) {
      const script = document.createElement("script");
      for (const { name, value } of old.attributes) script.setAttribute(name, value);
      old.replaceWith(script);
    }`;

    test.each([
      ["the tag that ran last speaks", RUN],
      ["else the one that is in the document", ""],
    ])("%s", async (_, rest) => {
      const { page, complaints } = await visit(at(one));
      await page.waitForFunction(ANSWERED);
      await page.evaluate(replace(at(two), rest));
      await pages("/one", "/two");
      await page.waitForFunction("document.querySelector('#number').textContent === '1'");
      await sleep(300);
      expect(countedPages()).toEqual(["/one", "/two"]);
      expect(complaints).toEqual([]);
    });

    test("its attributes are read for each view: page, site, read and service", async () => {
      const second = await startGate(stage.api.url);
      try {
        const { page } = await visit(at(one));
        await page.waitForFunction(ANSWERED);
        await page.evaluate(`document.querySelector("#body script").dataset.page = "/three"`);
        await pages("/one", "/three");
        await page.evaluate(`tag = document.querySelector("#body script"); tag.dataset.read = ""; tag.dataset.site = "elsewhere.example";
          tag.dataset.page = "/four"`);
        await expect.poll(() => reads().map(String), PATIENCE).toEqual(["site=elsewhere.example&page=%2Ffour"]);
        await page.evaluate(`delete tag.dataset.read; delete tag.dataset.site; tag.dataset.service = "${second.url}/";
          tag.dataset.page = "/five"`);
        await expect.poll(() => second.asked.map(({ method, path }) => method + path), PATIENCE).toEqual(["POST/v1/visits"]);
      } finally {
        await second.stop();
      }
    });

    test("a tag that its loader takes away again goes on", async () => {
      const load = `const script = document.createElement("script");
        script.src = "${stage.api.url}/embed.js"; script.onload = () => script.remove(); document.head.append(script)`;
      const { page } = await visit(`${NUMBER}<script>${load}</script>`);
      await page.waitForFunction(ANSWERED);
      await page.evaluate("history.pushState({}, '', '/b')");
      await pages("/page", "/b");
    });
  });

  test.each([
    ["/docs/index.html", "/docs/", "/docs", "/docs//", "/%64ocs", "/docs/index.htm?x=1#y"],
    ["/%e4%bd%a0", "/%E4%BD%A0", "/你/"],
  ])("one view of %s counts once, whatever its router makes of the address", async (path, ...spellings) => {
    const { page } = await visit(tag() + NUMBER, path);
    await page.waitForFunction(ANSWERED);
    for (const spelling of spellings) await page.evaluate(`history.replaceState({}, "", ${JSON.stringify(spelling)})`);
    await page.evaluate("history.pushState({}, '', '/other')");
    await pages(path, "/other");
  });

  describe("that bring it in their own way", () => {
    const bundle = (text: string, path = "/bundle.js") => stage.pages.set(path, `var own = 1;\n${text}`);

    test.each([
      ["inlined", () => `<script data-service="${stage.api.url}">${embed}</script>`],
      ["inlined as a module", () => `<script type="module" data-service="${stage.api.url}">${embed}</script>`],
      ["in a bundle", () => `<script defer src="/bundle.js" data-service="${stage.api.url}/"></script>`],
      ["in a bundle that is a module", () => `<script type="module" src="/bundle.js" data-service="${stage.api.url}"></script>`],
      ["imported", () => `<script data-service="${stage.api.url}">import("${stage.api.url}/embed.js")</script>`],
      ["as a module", () => `<script type="module" src="${stage.api.url}/embed.js?v=2"></script>`],
      ["by a consent manager", () => `<script data-service="Our counter" src="${stage.api.url}/embed.js"></script>`],
    ])("%s", async (_, html) => {
      bundle(embed);
      const { page, complaints } = await visit(html() + NUMBER);
      await page.waitForFunction("document.querySelector('#number').textContent === '1'");
      expect(countedPages()).toEqual(["/page"]);
      expect(complaints).toEqual([]);
    });

    test.each([
      ["in a bundle", () => '<script src="/bundle.js"></script>'],
      ["inlined", () => `<script>${embed}</script>`],
      ["as a module next to another vendor's", () => `<script type="module" src="/embed.js"></script>${tag('type="module"')}`],
    ])("%s without data-service: one line in the console, and no request", async (_, html) => {
      bundle(embed);
      bundle("", "/embed.js");
      const { complaints } = await visit(html() + NUMBER);
      await sleep(500);
      expect(complaints).toEqual([expect.stringContaining("data-service")]);
      expect(stage.web.asked.some(({ path }) => path.startsWith("/v1/"))).toBe(false);
      expect(countedPages()).toEqual([]);
    });

    test.each(["", 'type="module"'])("next to another vendor's script of the same name, with data-service: %s", async (type) => {
      bundle("", "/embed.js");
      const { page } = await visit(`<script ${type} src="/embed.js"></script>${tag(`${type} data-service="${stage.api.url}"`)}${NUMBER}`);
      await page.waitForFunction(ANSWERED);
      expect(countedPages()).toEqual(["/page"]);
    });
  });

  test("a relative address stays the service's on the other pages of a single-page application", async () => {
    stage.pages.set("/embed.js", embed);
    stage.pages.set("/v1/visits", '{"visits":1}');
    const { page } = await visit('<script src="embed.js"></script>');
    await page.waitForFunction(ANSWERED);
    await page.evaluate("history.pushState({}, '', '/docs/page')");
    await page.waitForFunction("footfall.page === '/docs/page'");
    const asked = stage.web.asked.filter(({ method, headers }) => method === "POST" && headers.host?.startsWith(site));
    expect(asked.map(({ path }) => path)).toEqual(["/v1/visits", "/v1/visits"]);
  });

  test.each(["", 'type="module"'])("two services on one page each count, and the first one's numbers are shown: %s", async (type) => {
    const second = await startGate(stage.api.url);
    try {
      const at = (gate: Gate) => tag(`${type} data-service="${gate.url}"`, gate.url);
      const { page, complaints } = await visit(at(stage.api) + at(second) + NUMBER);
      await page.evaluate("history.pushState({}, '', '/b')");
      const paths = (gate: Gate) => gate.asked.filter(({ method, headers }) => method === "POST" && headers.origin?.includes(site));
      await expect.poll(() => paths(second).map(({ body }) => JSON.parse(body).page), PATIENCE).toEqual(["/page", "/b"]);
      // The second one's visits pass the first gate as well.
      await expect.poll(() => stage.counts(site).length, PATIENCE).toBe(4);
      await expect.poll(() => page.locator("#number").textContent(), PATIENCE).toMatch(/^[12]$/);
      await sleep(500);
      expect(complaints).toEqual([]);
    } finally {
      await second.stop();
    }
  });

  describe("whose elements come and go", () => {
    test.each([
      ["the body is replaced", "document.body.innerHTML = '<span id=late data-visits></span>'"],
      ["an element is shown later", "document.body.insertAdjacentHTML('beforeend', '<dialog open><b id=late data-visits>…</b></dialog>')"],
    ])("%s", async (_, change) => {
      const { page } = await visit(tag() + NUMBER);
      await page.waitForFunction(ANSWERED);
      await page.evaluate(`setTimeout(() => { ${change} }, 100)`);
      await page.waitForFunction("document.querySelector('#late')?.textContent === '1'");
      expect(countedPages()).toEqual(["/page"]);
    });

    test("a number that a framework empties comes back, and what the page makes of one stays", async () => {
      const { page } = await visit(tag() + NUMBER);
      await page.waitForFunction(ANSWERED);
      await page.evaluate("element = document.querySelector('#number'); element.textContent = ''");
      await page.waitForFunction("element.textContent === '1'");
      await page.evaluate("element.textContent = 'one reader'; document.body.append('more')");
      await sleep(300);
      expect(await page.locator("#number").textContent()).toBe("one reader");
    });

    test("a page that changes all the time is not kept busy", async () => {
      const { page } = await visit(tag() + NUMBER);
      await page.waitForFunction(ANSWERED);
      const searches = await page.evaluate(`new Promise((resolve) => {
        let searches = 0, changes = 0;
        const search = Document.prototype.querySelectorAll;
        Document.prototype.querySelectorAll = function (...all) { searches += 1; return search.apply(this, all); };
        const timer = setInterval(() => { document.body.append("x"); if (++changes === 200) { clearInterval(timer); resolve(searches); } }, 4);
      })`);
      expect(searches).toBeLessThan(40);
    });
  });

  describe("that get no answer to read", () => {
    test("a page of another host, which may not count, reads", async () => {
      stage.pages.set("/reads", `${HEAD}${tag('data-read data-site="site99.example"')}${NUMBER}`);
      const { page, complaints } = await stage.open();
      await page.goto(stage.at("stranger.example", "/reads"));
      await page.waitForFunction("document.querySelector('#number').textContent === '0'");
      expect(complaints).toEqual([]);
    });

    test("a sandboxed frame reads, and is refused once where it counts", async () => {
      stage.pages.set("/frame", HEAD + tag() + NUMBER);
      stage.pages.set("/reads", HEAD + tag('data-read data-site="site99.example"') + NUMBER);
      const frames = '<iframe sandbox="allow-scripts" src="/frame"></iframe><iframe sandbox="allow-scripts" src="/reads"></iframe>';
      const before = stage.api.asked.length;
      const { page } = await visit(frames);
      await page.frameLocator("[src='/reads']").getByText("0").waitFor();
      await sleep(3_500);
      expect(stage.api.asked.slice(before).filter(isCount)).toHaveLength(1);
    });

    test.each([
      ["a redirect to another host", 301, () => ({ Location: `http://elsewhere.example:${stage.web.port}/v1/visits` })],
      ["an answer without CORS", 200, () => ({})],
      ["a gateway's own 404", 404, () => ({})],
    ])("%s: it ends, with one line", async (_, status, headers) => {
      stage.api.decide = (asked) => (isCount(asked) ? { status, headers: headers(), isUnreadable: true } : "pass");
      site = stage.newSite();
      stage.pages.set("/page", `${HEAD}${tag()}${NUMBER}`);
      const { page, complaints } = await stage.open();
      await page.clock.install();
      await page.goto(stage.at(site, "/page"));
      for (let minute = 0; minute < 30; minute += 1) {
        await page.clock.runFor("00:01:00");
        await sleep(30);
      }
      const asked = stage.counts(site).length;
      expect(asked).toBeLessThan(9);
      await page.clock.runFor("12:00:00");
      await sleep(200);
      expect(stage.counts(site)).toHaveLength(asked);
      expect(own(complaints)).toEqual([expect.stringContaining(`${stage.api.url}/v1/visits`)]);
    });

    test(
      "somebody else's page in place of an answer: it ends, with one line",
      async () => {
        expect(await unanswered).toEqual({ asked: 6, complaints: [expect.stringContaining("Footfall")] });
      },
      UNANSWERED_MS,
    );

    test("a gateway's 503 without CORS passes, and the view is counted once", async () => {
      const over = performance.now() + 4_000;
      stage.api.decide = (asked) => (isCount(asked) && performance.now() < over ? { status: 503, isUnreadable: true } : "pass");
      const { page } = await visit(tag() + NUMBER);
      await page.waitForFunction(ANSWERED);
      expect(new Set(bodies().map(({ id }) => id)).size).toBe(1);
      expect((await stage.totals(site)).siteVisits).toBe(1);
    });
  });

  describe("that show numbers", () => {
    const list = (...names: string[]) => names.map((name) => `<i data-visits-of="${name}"></i>`).join("");
    const seed = (...names: string[]) =>
      Promise.all(
        names.map((page) =>
          fetch(`${stage.api.url}/v1/visits`, { method: "POST", body: JSON.stringify({ site, page }) }).then((answer) => answer.text()),
        ),
      );
    const texts = (selector: string) => `[...document.querySelectorAll("${selector}")].map((element) => element.textContent)`;

    test("of any field of the answer", async () => {
      stage.api.decide = (asked) =>
        asked.method === "POST"
          ? { status: 200, body: '{"visits":5,"siteVisits":6,"visitsToday":7,"siteVisitorsToday":8,"counted":true,"reason":"x"}' }
          : "pass";
      const fields = ["visits", "site", "siteVisits", "visitsToday", "siteVisitorsToday", "reason", "none", "constructor"];
      const { page } = await visit(tag() + fields.map((field) => `<i data-visits="${field}"></i>`).join(""));
      await page.waitForFunction(ANSWERED);
      await page.waitForFunction(`${texts("i")}[0] === "5"`);
      expect(await page.evaluate(texts("i"))).toEqual(["5", "6", "6", "7", "8", "", "", ""]);
    });

    test("of this page: the last one's stays until this one's comes, and goes where this one is refused", async () => {
      const { page } = await visit(`${tag()}${NUMBER}<i data-visits="site"></i><i data-visits-of="/other"></i>`);
      const show = (...numbers: string[]) => page.waitForFunction(`${texts("#number, i")}.join() === "${numbers}"`);
      await show("1", "1", "0");
      let release = () => {};
      const late = new Promise<"pass">((resolve) => (release = () => resolve("pass")));
      stage.api.decide = (asked) => (isCount(asked) ? late : "pass");
      await page.evaluate("history.pushState({}, '', '/late'); document.body.append('next')");
      await sleep(200);
      await show("1", "1", "0");
      await page.evaluate("number.textContent = ''");
      release();
      await show("1", "2", "0");
      stage.api.decide = (asked) => (isCount(asked) ? { status: 403 } : "pass");
      await page.evaluate("history.pushState({}, '', '/refused')");
      await page.waitForFunction("footfall.page === '/refused'");
      await show("", "", "0");
    });

    test("of other pages, with one read of up to 100, which counts nothing", async () => {
      const names = Array.from({ length: 99 }, (_, index) => `/post/${index}`);
      site = stage.newSite();
      await seed("/post/3", "/post/3", "/post/98");
      const all = [...names, "/post/3/", "/page"];
      stage.pages.set("/page", `${HEAD}${tag()}${list(...all)}<b data-visits-of="/post/3" data-visits="site"></b>`);
      const { page, complaints } = await stage.open();
      await page.goto(stage.at(site, "/page"));
      await page.waitForFunction(`${texts("b")}[0] === "4"`);
      const shown = await page.evaluate<string[]>(texts("i"));
      expect([shown[3], shown[98], shown[99], shown[100], shown[0]]).toEqual(["2", "1", "2", "1", "0"]);
      expect(reads()).toHaveLength(1);
      expect(reads()[0]?.getAll("page")).toEqual(names);
      expect((await stage.totals(site)).siteVisits).toBe(4);
      await page.evaluate(`document.querySelector("i").dataset.visitsOf = "/post/98"`);
      await page.waitForFunction(`${texts("i")}[0] === "1"`);
      expect(reads()).toHaveLength(1);
      expect(complaints).toEqual([]);
    });

    test.each([
      ["more than 100", Array.from({ length: 150 }, (_, index) => `/post/${index}`), 2],
      ["with long names", Array.from({ length: 90 }, (_, index) => `/${"%E4%BD%A0".repeat(15)}${index}`), 4],
      ["one that is refused", [...Array.from({ length: 7 }, (_, index) => `/post/${index}`), "https://elsewhere.example/x"], 7],
    ])("of other pages, %s", async (_, names, requests) => {
      const { page } = await visit(tag() + list(...names));
      await page.waitForFunction(
        `${texts("i")}.filter((text) => text === "0").length === ${names.filter((name) => name.startsWith("/")).length}`,
      );
      expect(reads()).toHaveLength(requests);
      expect(reads().every((query) => query.getAll("page").length <= 100 && String(query).length < 8_000)).toBe(true);
      expect((await stage.totals(site)).siteVisits).toBe(1);
    });

    test("of other pages that appear later, and anew on the next page", async () => {
      const { page } = await visit(tag() + list("/a"));
      await page.waitForFunction(`${texts("i")}[0] === "0"`);
      await page.evaluate(`document.body.insertAdjacentHTML("beforeend", '${list("/a", "/b", "/c")}')`);
      await page.waitForFunction(`${texts("i")}.join() === "0,0,0,0"`);
      expect(reads().map((query) => query.getAll("page"))).toEqual([["/a"], ["/b", "/c"]]);
      await seed("/a");
      await page.evaluate("history.pushState({}, '', '/next')");
      await page.waitForFunction(`${texts("i")}.join() === "1,1,0,0"`);
    });

    test("by attributes that come and change later, and by names without a slash", async () => {
      site = stage.newSite();
      await seed("/other");
      stage.pages.set("/page", `${HEAD}${tag()}${NUMBER}<i></i><i data-visits-of="page">?</i><i data-visits-of="constructor"></i>`);
      const { page } = await stage.open();
      await page.goto(stage.at(site, "/page"));
      await page.waitForFunction(`${texts("i, #number")}.join() === "1,,1,0"`);
      await page.evaluate(`document.querySelector("i").dataset.visits = document.querySelector("#number").dataset.visits = "site"`);
      await page.waitForFunction(`${texts("i, #number")}.join() === "2,2,1,0"`);
      expect(reads().map((query) => query.getAll("page"))).toEqual([["constructor"]]);
    });

    test("of other pages where the view is only read", async () => {
      const { page } = await visit(tag("data-read") + list("/a") + NUMBER);
      await page.waitForFunction(`${texts("i")}[0] === "0" && ${texts("#number")}[0] === "0"`);
      expect((await stage.totals(site)).siteVisits).toBe(0);
    });
  });
});
