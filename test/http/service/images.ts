import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { newSite } from "../../support/http.ts";
import { countedText, KEY, type Rig } from "./rig.ts";

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";
const GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/** Who counts, by what it sends with a POST. */
const agents: readonly [who: string, headers: Record<string, string>, fromPage: boolean, counted: boolean][] = [
  ["curl", { "User-Agent": "curl/8.5.0" }, false, true],
  ["curl with Origin", { "User-Agent": "curl/8.5.0" }, true, true],
  ["Node's fetch with Origin", { "User-Agent": "node" }, true, true],
  ["a client without a User-Agent", {}, false, true],
  ["a browser", { "User-Agent": CHROME, "Sec-Fetch-Site": "cross-site" }, true, true],
  ["a crawler's User-Agent alone", { "User-Agent": GOOGLEBOT }, false, true],
  ["a crawler with Origin", { "User-Agent": GOOGLEBOT }, true, false],
  ["a crawler with Sec-Fetch-Site", { "User-Agent": GOOGLEBOT, "Sec-Fetch-Site": "same-origin" }, false, false],
  ["a prefetch", { "User-Agent": CHROME, "Sec-Purpose": "prefetch" }, true, false],
  ["a prerender", { "User-Agent": CHROME, "Sec-Purpose": "prefetch;prerender" }, true, false],
];

/** Badge and pixel, and those whose visits do not count. */
export function images(rig: () => Rig): void {
  const visitsOf = async (site: string, page = "/"): Promise<number> =>
    (await rig().open.send(`GET /visits?site=${site}&page=${page}`)).json().pages[0].visits;

  describe("badge and pixel", () => {
    test("a badge shows a page's visits, and escapes what a stranger wrote on it", async () => {
      const { open } = rig();
      const site = newSite();
      await open.send("PUT /visits", { headers: KEY, body: { site, page: "/a", visits: 1_234_567 } });
      const hostile = encodeURIComponent(`"><script>alert(1)</script>&'`);
      const { status, headers, text } = await open.send(`GET /v1/badge?site=${site}&page=/a&label=${hostile}&color=f0f`);
      expect([status, headers["content-type"]]).toEqual([200, expect.stringMatching(/^image\/svg\+xml/)]);
      expect(headers).toMatchObject({ "cache-control": "public, max-age=60", "cross-origin-resource-policy": "cross-origin" });
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(text).toMatch(/^<svg [^<]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      expect(text).toContain("1,234,567");
      expect(text).toContain('"#f0f"');
      expect(text).not.toMatch(/<script|&(?!(?:#\d+|#x[\da-f]+|amp|lt|gt|quot|apos);)/i);
      expect(text.match(/alert\(1\)/g)?.length).toBeGreaterThan(0);
      expect(await visitsOf(site, "/a")).toBe(1_234_567);
    });

    test("a badge counts where count=true, for the site of Referer, each id once", async () => {
      const { open } = rig();
      const site = newSite();
      const headers = { Referer: `https://${site}/some/page?q`, "User-Agent": CHROME };
      for (const target of ["/v1/badge?page=/a", `/v1/badge?page=/a&count=true&id=${randomUUID()}`]) {
        for (let time = 0; time < 2; time += 1) {
          const answer = await open.send(`GET ${target}`, { headers });
          expect(answer).toMatchObject({
            status: 200,
            headers: { "cache-control": target.includes("count") ? "no-cache, no-store" : "public, max-age=60" },
          });
        }
      }
      expect(await visitsOf(site, "/a")).toBe(1);
      expect((await open.send(`GET /v1/badge?page=/a&count=true&site=${newSite()}`, { headers })).status).toBe(403);
      expect(await visitsOf(site, "/a")).toBe(1);
    });

    test("a pixel is a GIF that counts each id once", async () => {
      const { open } = rig();
      const site = newSite();
      const id = randomUUID();
      for (const query of [`id=${id}`, `id=${id}`, "", ""]) {
        const { status, headers, text } = await open.send(`GET /v1/pixel?site=${site}&page=/a&${query}`);
        expect([status, text.slice(0, 6)]).toEqual([200, "GIF89a"]);
        expect(headers).toMatchObject({ "content-type": "image/gif", "content-length": "43", "cache-control": "no-store" });
        expect(headers).toMatchObject({ "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" });
      }
      expect(await visitsOf(site, "/a")).toBe(3);
    });
  });

  describe("who counts", () => {
    test.each(agents)("%s", async (_, headers, fromPage, counted) => {
      const site = newSite();
      const origin: Record<string, string> = fromPage ? { Origin: `https://${site}` } : {};
      const answer = await rig().open.send("POST /visits", { headers: { ...headers, ...origin }, body: { site } });
      const visits = counted ? 1 : 0;
      const outcome = counted ? { counted } : { counted, reason: "bot" };
      expect(answer.text).toBe(countedText(site, "/", visits, outcome));
      expect(await visitsOf(site)).toBe(visits);
    });

    test.each([
      ["a crawler", { "User-Agent": GOOGLEBOT }],
      ["a prefetch", { "User-Agent": CHROME, "Sec-Purpose": "prefetch" }],
    ])("%s sees badge and pixel, and counts in neither", async (_, headers) => {
      const { open } = rig();
      const site = newSite();
      for (const target of ["/v1/pixel?", "/v1/badge?count=true&"]) {
        expect((await open.send(`GET ${target}site=${site}`, { headers })).status).toBe(200);
      }
      expect(await visitsOf(site)).toBe(0);
    });
  });
}
