import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isCrawlerAgent } from "../../src/http/crawler-agents.ts";
import { CHROME, FROM_SITE, GOOGLEBOT, startService } from "./service.ts";

/** Real ones, from public lists. */
const agentsOf = (file: string) => {
  const lines = readFileSync(new URL(`../http/agents/${file}.txt`, import.meta.url), "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
};
const MOST_MISSED = 0.01;

describe("of the User-Agents in public lists", () => {
  test("no reader's is taken for a crawler's", () => {
    const readers = agentsOf("readers");
    expect(readers.length).toBeGreaterThan(500);
    expect(readers.filter(isCrawlerAgent)).toEqual([]);
  });

  test("fewer than one crawler's in a hundred is missed", () => {
    const crawlers = agentsOf("crawlers");
    expect(crawlers.length).toBeGreaterThan(500);
    expect(crawlers.filter((agent) => !isCrawlerAgent(agent)).length / crawlers.length).toBeLessThan(MOST_MISSED);
  });
});

const FACEBOOK = "FBAV/560.0.0.1;FBBV/1;FBDM/{density=3.0,width=1080,height=2340};FBLC/de_DE;FBRV/0";

describe("a visit with Origin counts", () => {
  test.each([
    ["of an app", `[FBAN/FB4A;${FACEBOOK};FBCR/Vodafone;FBMF/samsung;FBPN/com.facebook.katana]`],
    ["of the same app at a carrier of two words", `[FBAN/FB4A;${FACEBOOK};FBCR/T Mobile;FBMF/samsung;FBPN/com.facebook.katana]`],
    [
      "of a phone called bot",
      "Mozilla/5.0 (Linux; Android 7.0; M bot 60) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
    ],
    [
      "of a phone called spider",
      "Mozilla/5.0 (Linux; Android 14; Spider (2024) Build/UP1A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36",
    ],
    ["of a browser", CHROME],
    ["of an API client", "node"],
    ["of nobody who says", ""],
  ])("%s", async (_, agent) => {
    const { send } = startService();
    const answer = await send("POST /v1/visits", { headers: { ...FROM_SITE, "User-Agent": agent } });
    expect(answer.json).toMatchObject({ counted: true });
  });
});

describe("a visit with Origin does not count", () => {
  test.each([
    ["of a crawler", GOOGLEBOT],
    [
      "of a crawler that shows itself as a phone",
      "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    ],
    ["of a browser without a screen", CHROME.replace("Chrome/", "HeadlessChrome/")],
    ["of an app's own fetcher", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"],
  ])("%s", async (_, agent) => {
    const { send } = startService();
    const answer = await send("POST /v1/visits", { headers: { ...FROM_SITE, "User-Agent": agent } });
    expect(answer.json).toMatchObject({ counted: false, reason: "bot" });
  });
});

test("a badge that counts does so for a proxy of images too, and is kept by none", async () => {
  const { send } = startService();
  const proxy = { "User-Agent": "github-camo (cd969212)" };
  const answer = await send("GET /v1/badge?count=true&site=example.com&page=/b", { headers: proxy });
  expect(answer.headers.get("Cache-Control")).toContain("no-store");
  expect((await send("GET /v1/visits?site=example.com&page=/b")).json).toMatchObject({ pages: [{ visits: 1 }] });
});

describe("an image that counts, of which nothing says where it is", () => {
  test.each(["GET /v1/pixel?page=/p", "GET /v1/badge?count=true&page=/p"])("is refused where SITES has several: %s", async (target) => {
    const { send } = startService({ DEFAULT_SITE: "" });
    const answer = await send(target);
    expect(answer).toMatchObject({
      status: 400,
      json: { type: "urn:footfall:invalid-input", detail: expect.stringMatching(/^site is missing/) },
    });
    expect((await send("GET /v1/visits?site=example.com&page=/p")).json).toMatchObject({ pages: [{ visits: 0 }] });
    expect((await send(`${target}&site=example.org`)).status).toBe(200);
    expect((await send(target, { headers: { Referer: "https://example.org/" } })).status).toBe(200);
    expect((await send("GET /v1/visits?site=example.org&page=/p")).json).toMatchObject({ pages: [{ visits: 2 }] });
  });

  test.each([{ SITES: "example.com", DEFAULT_SITE: "" }, { DEFAULT_SITE: "example.com" }])(
    "counts for the one that %j names",
    async (env) => {
      const { send } = startService(env);
      expect((await send("GET /v1/pixel?page=/p")).status).toBe(200);
      expect((await send("GET /v1/visits?site=example.com&page=/p")).json).toMatchObject({ pages: [{ visits: 1 }] });
    },
  );
});
