import { afterAll, beforeAll, expect, test } from "vitest";
import { type NodeServer, startNodeServer } from "../support/artefacts.ts";
import { requires } from "../support/skip.ts";
import { fillMany, KEY } from "./dashboard-data.ts";
import { eventually } from "./dashboard-poll.ts";
import { type Engine, startFirefox, startWebKit } from "./embed-engines.ts";

const SITE = "engines.example";
const SETTINGS = { SITES: "*", STORE: "sqlite", ADMIN_KEY: KEY, SQLITE_PATH: ":memory:", CLIENT_IP_HEADER: "socket" };

const ENGINES = [
  { name: "Firefox", tool: "firefox", start: startFirefox },
  { name: "WebKit", tool: "webkit", start: startWebKit },
] as const;

for (const { name, tool, start } of ENGINES) {
  requires("clients", tool)(`the dashboard in ${name}`, () => {
    let served: NodeServer;
    let engine: Engine;
    beforeAll(async () => {
      served = await startNodeServer(SETTINGS);
      await fillMany(served.url, SITE, 30);
      engine = await start();
    });
    afterAll(async () => {
      await engine?.stop();
      await served?.stop();
    });

    const becomes = (expression: string, value: unknown) => eventually(() => engine.evaluate(expression)).toEqual(value);
    const click = (selector: string) => engine.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
    const type = (selector: string, text: string) =>
      engine.evaluate(`(() => {
        const field = document.querySelector(${JSON.stringify(selector)});
        field.value = ${JSON.stringify(text)};
        field.dispatchEvent(new Event("input", { bubbles: true }));
        return true;
      })()`);

    test("asks for the key, shows numbers, chart and pages, and sets a total", async () => {
      await engine.goto(`${served.url}/?range=all`);
      await becomes(`document.querySelector("h2")?.textContent`, "These numbers are not public");
      await type("form input", KEY);
      await click("form button");
      // WebKit's test browser names a language that there is none of ("C"), at which the chart's library ends: the table opens then.
      await becomes(`document.querySelectorAll("#chart canvas").length + document.querySelectorAll("figure table").length`, 1);
      await becomes(`document.querySelectorAll("#pages tbody tr").length`, 20);
      await becomes(`document.querySelectorAll(".tiles > div").length`, 4);
      expect(await engine.evaluate(`getComputedStyle(document.querySelector(".card")).backgroundColor !== "rgba(0, 0, 0, 0)"`)).toBe(true);
      await type("#pages input", "00029");
      await becomes(`[...document.querySelectorAll("#pages tbody bdi")].map((name) => name.textContent).join()`, "/archive/00029");

      await click("#manage > summary");
      await becomes(`document.querySelectorAll("#manage section").length`, 4);
      await type("#manage form input", "/archive/00029");
      await type("#manage form label:nth-of-type(2) input", "12,345");
      await click("#manage form button");
      await becomes(`document.querySelector("dialog")?.open`, true);
      await click("dialog .danger");
      await becomes(`document.querySelector(".done")?.textContent.includes("12,345")`, true);
      const { pages } = await (await fetch(`${served.url}/v1/visits?site=${SITE}&page=/archive/00029`)).json();
      expect(pages[0].visits).toBe(12_345);
    });
  });
}
