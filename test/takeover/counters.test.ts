import { describe, expect, test } from "vitest";
import { describeTakeover, fromElement, fromPage, GOOGLEBOT, STRANGER } from "./stage.ts";

const NAME = "BusuanziCallback_123456789012";

describe("busuanzi, Vercount and soxft", () => {
  describeTakeover("busuanzi,vercount,soxft", ({ send, totals, newSite }) => {
    test("busuanzi counts the page of Referer and answers byte for byte as ever", async () => {
      const site = newSite();
      const headers = fromElement(`https://${site}/2026/11/你好/`.replace("你好", encodeURIComponent("你好")));
      await send(`GET /busuanzi?jsonpCallback=${NAME}`, { headers });
      const answer = await send(`GET /busuanzi?jsonpCallback=${NAME}`, { headers });
      expect(answer.text).toBe(`try{${NAME}({"site_uv":2,"page_pv":2,"version":2.4,"site_pv":2});}catch(e){}`);
      expect(JSON.parse(answer.text.slice(34, -13))).toMatchObject({ page_pv: 2 });
      expect(answer.headers).toMatchObject({
        "content-type": "application/javascript",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "cross-origin",
      });
      expect(await totals(site, "/2026/11/你好")).toEqual([2, 2]);
    });

    test.each(["https://SITE/", "https://SITE", null])(
      "with Referer %s the answer is a script that counts, and nothing is counted yet",
      async (form) => {
        const site = newSite();
        const { text, status } = await send(`GET /busuanzi?jsonpCallback=${NAME}`, {
          headers: form === null ? {} : fromElement(form.replace("SITE", site)),
        });
        expect(status).toBe(200);
        expect(text).toContain("/v1/visits");
        expect(text).toContain(NAME);
        expect(await totals(site, "/")).toEqual([0, 0]);
      },
    );

    test("a home page with a query has told its address, and counts", async () => {
      const site = newSite();
      await send(`GET /busuanzi?jsonpCallback=${NAME}`, { headers: fromElement(`https://${site}/?from=feed`) });
      expect(await totals(site, "/")).toEqual([1, 1]);
    });

    test("crawlers, prefetches and HEAD get numbers and count nothing", async () => {
      const site = newSite();
      const headers = fromElement(`https://${site}/a`);
      await send(`GET /busuanzi?jsonpCallback=${NAME}`, { headers });
      const bot = await send(`GET /busuanzi?jsonpCallback=${NAME}`, { headers: { ...headers, "User-Agent": GOOGLEBOT } });
      expect(bot.text).toContain('"page_pv":1');
      await send(`GET /busuanzi?jsonpCallback=${NAME}`, { headers: { ...headers, "Sec-Purpose": "prefetch" } });
      await send(`HEAD /busuanzi?jsonpCallback=${NAME}`, { headers });
      expect(await totals(site, "/a")).toEqual([1, 1]);
    });

    test("soxft's busuanzi counts by POST and PUT, reads by GET, and by JSONP", async () => {
      const site = newSite();
      const headers = { ...fromPage(site), "x-bsz-referer": `https://${site}/post/?x=1#y` };
      const post = await send("POST /api", { headers });
      expect(post.json()).toEqual({ success: true, message: "ok", data: { site_pv: 1, site_uv: 1, page_pv: 1, page_uv: 1 } });
      const put = await send("PUT /api", { headers });
      expect([put.status, put.text]).toEqual([204, ""]);
      const get = await send("GET /api", { headers });
      expect(get.json().data).toEqual({ site_pv: 2, site_uv: 2, page_pv: 2, page_uv: 2 });
      const jsonp = await send("GET /jsonp?callback=show", { headers: fromElement(`https://${site}/post/`) });
      expect(jsonp.text).toBe('try{show({"page_pv":3,"page_uv":3,"site_pv":3,"site_uv":3});}catch(e){}');
      expect((await send("GET /ping")).json().success).toBe(true);
      expect((await send("POST /api", { headers: fromPage(site) })).status).toBe(400);
      expect(await totals(site, "/post")).toEqual([3, 3]);
    });

    test("Vercount counts in both versions, and reads by GET", async () => {
      const site = newSite();
      const url = `https://${site}/blog/index.html`;
      const sent = { headers: fromPage(site), body: { url, isNewUv: true } };
      const first = await send("POST /api/v2/log", sent);
      expect(first.json()).toEqual({
        status: "success",
        message: "Data updated successfully",
        data: { site_uv: 1, site_pv: 1, page_pv: 1 },
      });
      expect((await send("POST /api/v1/log", sent)).json()).toEqual({ site_uv: 2, site_pv: 2, page_pv: 2 });
      expect((await send("POST /log", sent)).json()).toEqual({ site_uv: 3, site_pv: 3, page_pv: 3 });
      expect((await send(`GET /log?url=${encodeURIComponent(url)}`)).json()).toEqual({ site_uv: 3, site_pv: 3, page_pv: 3 });
      expect((await send(`GET /api/v2/log?url=${encodeURIComponent(url)}`)).json()).toMatchObject({
        message: "Data retrieved successfully",
      });
      expect(await totals(site, "/blog")).toEqual([3, 3]);
    });

    test.each(["", "blog", "/blog", "file:///blog"])("a page whose URL is %j is none, and nothing is counted", async (url) => {
      const site = newSite();
      const headers = fromPage(site);
      for (const path of ["/log", "/api/v1/log", "/api/v2/log"])
        expect((await send(`POST ${path}`, { headers, body: { url } })).status, path).toBe(400);
      expect((await send(`GET /log?url=${url}`, { headers })).status).toBe(400);
      expect((await send("POST /api", { headers: { ...headers, "x-bsz-referer": url } })).status).toBe(400);
      expect(await totals(site, "/")).toEqual([0, 0]);
    });

    test.each([
      ["/api", "x-bsz-referer", "PUT"],
      ["/api/v2/log", "X-Browser-Token", "POST"],
    ])("a preflight of %s allows %s, and the service's own headers", async (path, header, method) => {
      const site = newSite();
      const { status, headers } = await send(`OPTIONS ${path}`, {
        headers: { ...fromPage(site), "Access-Control-Request-Method": method },
      });
      expect([status, headers["access-control-allow-origin"]]).toEqual([204, `https://${site}`]);
      expect(String(headers["access-control-allow-headers"])).toContain(header);
      expect(String(headers["access-control-allow-headers"])).toContain("Content-Type");
      expect(String(headers["access-control-allow-methods"])).toContain(method);
      const own = await send("OPTIONS /v1/visits", { headers: fromPage(site) });
      expect(String(own.headers["access-control-allow-headers"])).toBe("Content-Type, Idempotency-Key, X-API-Key");
    });

    test.each([
      ["GET /busuanzi?jsonpCallback=ok", fromElement(`${STRANGER}/a`)],
      ["GET /busuanzi?jsonpCallback=ok", fromElement(`${STRANGER}/`)],
      ["GET /jsonp?callback=ok", fromElement(`${STRANGER}/a`)],
      ["POST /api", { ...fromPage("stranger.test"), "x-bsz-referer": `${STRANGER}/a` }],
    ])("%s of a strange site is a 403 that its script can read", async (target, headers) => {
      const answer = await send(target, { headers });
      expect([answer.status, answer.headers["content-type"]]).toEqual([403, "application/problem+json"]);
      expect(answer.headers["access-control-allow-origin"]).toBe("*");
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    });

    test("another page's address than the script's own is refused", async () => {
      const [site, other] = [newSite(), newSite()];
      const answer = await send("POST /api/v2/log", { headers: fromPage(site), body: { url: `https://${other}/a` } });
      expect(answer.status).toBe(400);
      expect(await totals(other, "/a")).toEqual([0, 0]);
    });

    test.each(["", "alert(1)", "a;b", "a b", "x".repeat(65), "1a", "a..b", "é", "<script>"])("the callback %j is refused", async (name) => {
      const site = newSite();
      for (const path of ["/busuanzi?jsonpCallback=", "/jsonp?callback="]) {
        const answer = await send(`GET ${path}${encodeURIComponent(name)}`, { headers: fromElement(`https://${site}/a`) });
        expect([answer.status, answer.headers["content-type"]]).toEqual([400, "application/problem+json"]);
      }
      expect(await totals(site, "/a")).toEqual([0, 0]);
    });

    test.each(["/busuanzi/2.3/busuanzi.pure.mini.js", "/busuanzi.pure.mini.js", "/js", "/js/lite_pjax"])(
      "our script is at %s",
      async (path) => {
        const found = await send(`GET ${path}`, { headers: { Origin: STRANGER } });
        expect([found.status, found.headers.location]).toEqual([302, "/takeover.js"]);
        const script = await send("GET /takeover.js", { headers: { Origin: STRANGER } });
        expect(script.status).toBe(200);
        expect(script.headers).toMatchObject({
          "content-type": expect.stringMatching(/javascript/),
          "cross-origin-resource-policy": "cross-origin",
          "access-control-allow-origin": "*",
          "cache-control": "public, max-age=3600",
        });
        expect(script.text).toContain("busuanzi");
      },
    );
  });
});

describe("what TAKEOVER does not name", () => {
  describeTakeover("vercount", ({ send, newSite }) => {
    test.each(["GET /busuanzi?jsonpCallback=a", "POST /api", "GET /1.1/classes/Counter", "GET /ghpvc?username=a", "GET /a.example/b.svg"])(
      "%s is not there",
      async (target) => {
        const answer = await send(target, { headers: fromPage(newSite()) });
        expect(answer.status).toBe(404);
      },
    );
  });
});
