import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { requires } from "../support/skip.ts";
import { type Engine, startFirefox, startWebKit } from "./embed-engines.ts";
import { PATIENCE, RUNTIMES, type Stage, setStage } from "./embed-stage.ts";

const HEAD = '<!doctype html><meta charset=utf-8><link rel=icon href="data:,">';
const NUMBER = "<p id=number data-visits></p>";
/** The website of all these cases, which need no name: each has pages of its own. */
const SITE = "127.0.0.1";

const ENGINES = [
  { name: "Firefox", tool: "firefox", start: startFirefox },
  { name: "WebKit", tool: "webkit", start: startWebKit },
] as const;

for (const { name, tool, start } of ENGINES) {
  requires("clients", tool)(`the script in ${name}`, () => {
    let stage: Stage;
    let engine: Engine;
    let cases = 0;
    let path: string;
    beforeAll(async () => {
      stage = await setStage(RUNTIMES["the Node server"] as (typeof RUNTIMES)[string]);
      engine = await start();
    });
    afterEach(() => stage.clear());
    afterAll(async () => {
      await engine?.stop();
      await stage?.stop();
    });

    const tag = (attributes = "") => `<script ${attributes} src="${stage.api.url}/embed.js"></script>`;
    const errors =
      "<script>failures = []; addEventListener('error', ({ message }) => failures.push(message)); addEventListener('unhandledrejection', ({ reason }) => failures.push(String(reason)))</script>";

    async function visit(body: string) {
      cases += 1;
      path = `/case-${cases}`;
      stage.pages.set(path, HEAD + errors + body);
      await engine.goto(stage.at(SITE, path));
    }
    const counted = () =>
      stage
        .counts(SITE)
        .map(({ body }) => JSON.parse(body).page as string)
        .filter((page) => page.startsWith(path));
    const becomes = (expression: string, value: unknown) => expect.poll(() => engine.evaluate(expression), PATIENCE).toEqual(value);
    const number = "document.querySelector('#number')?.textContent";
    const fine = async () => expect(await engine.evaluate("failures")).toEqual([]);

    test.each(["", "async", "defer", 'type="module"'])("counts and shows with <script %s>", async (attributes) => {
      await visit(tag(attributes) + NUMBER);
      await becomes(number, "1");
      expect(counted()).toEqual([path]);
      await fine();
    });

    test("each page of a single-page application, however it is spelled, and back", async () => {
      await visit(tag() + NUMBER);
      await becomes(number, "1");
      await engine.evaluate(`history.replaceState({}, "", "${path}/index.html")`);
      await engine.evaluate(`history.pushState({}, "", "${path}/next")`);
      await becomes("window.footfall.page", `${path}/next`);
      await engine.evaluate("history.back()");
      await becomes(number, "2");
      expect(counted()).toEqual([path, `${path}/next`, `${path}/index.html`]);
      await fine();
    });

    test("a page that owns the names of the browser", async () => {
      const names = [
        "URL",
        "fetch",
        "history",
        "navigation",
        "Promise",
        "JSON",
        "Object",
        "Date",
        "Math",
        "setTimeout",
        "addEventListener",
      ];
      const own = names.map((name) => `<script>const ${name} = "mine"</script>`).join("");
      const elements = '<a id="addEventListener"></a><a id="dispatchEvent"></a><img name="currentScript"><img name="querySelectorAll">';
      // Drivers need these names themselves, so that the page tells how it is.
      const tell = `<script>window.setTimeout(() => window.history.pushState({}, "", "/case-${cases + 1}/next"), 500);
        window.setTimeout(() => { new window.Image().src = "/told?" + failures + window.number.textContent }, 2500)</script>`;
      await visit(own + elements + tag() + NUMBER + tell);
      await expect.poll(counted, PATIENCE).toEqual([path, `${path}/next`]);
      await expect.poll(() => stage.web.asked.at(-1)?.path, PATIENCE).toBe("/told?1");
    });

    test("elements that appear later or are emptied, and other pages' numbers", async () => {
      await visit(tag());
      await becomes("window.footfall?.visits", 1);
      await engine.evaluate(`document.body.innerHTML = '${NUMBER}<i data-visits-of="${path}/a"></i><i data-visits-of="${path}/b"></i>'`);
      await becomes(number, "1");
      await becomes("[...document.querySelectorAll('i')].map((one) => one.textContent).join()", "0,0");
      await engine.evaluate("document.querySelector('#number').textContent = ''");
      await becomes(number, "1");
      expect(counted()).toEqual([path]);
      await fine();
    });

    test("a tag that a router brings", async () => {
      await visit(`<div id=body>${tag('data-page="PATH/one"')}</div>${NUMBER}`.replaceAll("PATH", "/case-router"));
      await becomes("window.footfall?.page", "/case-router/one");
      const next = tag('data-page="/case-router/two"').replace("</script>", "<\\/script>");
      await engine.evaluate(`document.querySelector("#body").innerHTML = ${JSON.stringify(next).replaceAll("\\\\/", "\\/")}`);
      await becomes("window.footfall?.page", "/case-router/two");
      await fine();
    });

    test("an answer that the page may not read: it goes on for a while, and nothing is thrown", async () => {
      stage.api.decide = ({ method }) => (method === "POST" ? { status: 200, isUnreadable: true } : "pass");
      await visit(tag() + NUMBER);
      await expect.poll(() => counted().length, PATIENCE).toBeGreaterThan(2);
      await sleep(500);
      await fine();
    });

    test("a lost answer: the view is sent again, and counted once", async () => {
      let lost = 0;
      stage.api.decide = ({ method }) => (method === "POST" && lost++ < 2 ? "drop" : "pass");
      await visit(tag() + NUMBER);
      await becomes(number, "1");
      expect((await stage.totals(SITE, path)).visits).toEqual([1]);
      await fine();
    });
  });
}
