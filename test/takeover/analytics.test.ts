import { expect, test } from "vitest";
import { describeTakeover, fromElement, fromPage, GOOGLEBOT, STRANGER } from "./stage.ts";

const GIF_BYTES = "GIF89a";

describeTakeover("goatcounter,umami,plausible,counterscale", ({ send, totals, newSite }) => {
  test("GoatCounter: a beacon and an image count; an event, a bot and HEAD do not", async () => {
    const site = newSite();
    const hit = (query: string) => `/count?${query}&t=Title&s=1920,1080,1&rnd=ab1cd`;
    const beacon = await send(`POST ${hit("p=%2Fpost%2F%E4%BD%A0%3Fx%3D1")}`, { headers: { ...fromPage(site), "Content-Length": "0" } });
    expect([beacon.status, beacon.headers["content-type"], beacon.headers["cache-control"]]).toEqual([200, "image/gif", "no-store"]);
    expect(beacon.text).toContain(GIF_BYTES);
    await send(`GET ${hit("p=/post/%25E4%25BD%25A0")}`, { headers: fromElement(`https://${site}/`) });
    for (const e of ["true", "1", "on"]) await send(`POST ${hit(`p=click-x&e=${e}`)}`, { headers: fromPage(site) });
    await send(`POST ${hit("p=/post/&b=150")}`, { headers: fromPage(site) });
    await send(`HEAD ${hit("p=/post/%25E4%25BD%25A0")}`, { headers: fromElement(`https://${site}/`) });
    expect(await totals(site, "/post/你")).toEqual([2, 2]);
    expect((await send(`POST ${hit("p=/a")}`, { headers: { ...fromPage(site), Origin: STRANGER } })).status).toBe(403);
  });

  test("GoatCounter's visitor counter answers JSON, HTML and SVG, encoded and not, for a page and for TOTAL", async () => {
    const site = newSite();
    const headers = fromPage(site);
    for (let time = 0; time < 3; time++) await send("POST /count?p=/a/b.html", { headers });
    await send("POST /count?p=/", { headers });
    for (const path of ["/counter/%2Fa%2Fb.html.json?rnd=1", "/counter//a/b.html.json"]) {
      const { status, text, headers: own } = await send(`GET ${path}`, { headers });
      expect([status, JSON.parse(text), own["access-control-allow-origin"]]).toEqual([200, { count_unique: "3", count: "3" }, "*"]);
    }
    expect((await send("GET /counter/TOTAL.json", { headers })).json().count).toBe("4");
    expect((await send("GET /counter/%2F.json", { headers })).json().count).toBe("1");
    const none = await send("GET /counter/%2Fnone.json", { headers });
    expect([none.status, none.json().count]).toEqual([404, "0"]);
    const svg = await send("GET /counter/TOTAL.svg", { headers: fromElement(`https://${site}/x`) });
    expect([svg.headers["content-type"], svg.text.includes(">4<")]).toEqual(["image/svg+xml; charset=utf-8", true]);
    const html = await send("GET /counter/TOTAL.html", { headers: fromElement(`https://${site}/x`) });
    expect(html.text).toContain("<b>4</b>");
    expect(String(html.headers["content-security-policy"])).not.toContain("frame-ancestors");
    expect((await send("GET /counter/TOTAL.json?start=week", { headers })).status).toBe(400);
  });

  test("Umami counts page views, full or path; named events and other types are not counted", async () => {
    const site = newSite();
    const payload = { website: "b8ef2a5f-0d4b-4b9a-9d0e-111111111111", hostname: site, language: "zh-CN", screen: "1x1", title: "你好" };
    const send1 = (type: string, more: object, path = "/api/send") =>
      send(`POST ${path}`, { headers: { ...fromPage(site), "x-umami-cache": "" }, body: { type, payload: { ...payload, ...more } } });
    const first = await send1("event", { url: `https://${site}/p/?q=1` });
    expect([first.status, first.json()]).toEqual([200, {}]);
    await send1("event", { url: "/p/", name: "" });
    await send1("event", { url: "/p/", name: "click", data: { a: 1 } });
    await send1("identify", { url: "/p/" });
    await send1("pageview", { url: "/p" }, "/api/collect");
    await send1("event", { url: "/p" }, "/api/collect");
    expect(await totals(site, "/p")).toEqual([3, 3]);
    const bot = await send("POST /api/send", {
      headers: { ...fromPage(site), "User-Agent": GOOGLEBOT },
      body: { type: "event", payload: { ...payload, url: "/p" } },
    });
    expect(bot.json()).toEqual({ beep: "boop" });
    const foreign = await send("POST /api/send", {
      headers: fromPage(site),
      body: { type: "event", payload: { ...payload, hostname: newSite(), url: "/p" } },
    });
    expect([foreign.status, foreign.json().type]).toEqual([403, "urn:footfall:site-mismatch"]);
    expect(await totals(site, "/p")).toEqual([3, 3]);
  });

  test("Umami's totals are those of a page, or of the site", async () => {
    const site = newSite();
    const headers = { ...fromPage(site), Authorization: "Bearer x" };
    const event = (url: string) => send("POST /api/send", { headers, body: { type: "event", payload: { hostname: site, url } } });
    for (const url of ["/a", "/b", "/b"]) await event(url);
    const stats = async (query: string) => (await send(`GET /api/websites/id/stats?startAt=0&endAt=9${query}`, { headers })).json();
    expect(await stats("")).toMatchObject({ pageviews: { value: 3 }, visitors: { value: 3 }, visits: { value: 3 }, bounces: { value: 0 } });
    expect((await stats("&url=/b/")).pageviews.value).toBe(2);
    expect((await stats("&path=/a&url=/a")).pageviews.value).toBe(1);
    expect((await stats("&path=eq.%2Fb%2F")).pageviews.value).toBe(2);
    expect((await send("GET /api/websites/id/stats?path=c.b", { headers })).status).toBe(400);
    const preflight = await send("OPTIONS /api/websites/id/stats", { headers: fromPage(site) });
    expect(String(preflight.headers["access-control-allow-headers"])).toContain("Authorization");
    const cached = await send("OPTIONS /api/send", { headers: fromPage(site) });
    expect(String(cached.headers["access-control-allow-headers"])).toContain("x-umami-cache");
  });

  test("Plausible counts page views by short and long names, whatever the domain says", async () => {
    const site = newSite();
    const event = (body: object, origin = `https://${site}`) =>
      send("POST /api/event", { headers: { ...fromPage(site), Origin: origin, "Content-Type": "text/plain" }, body });
    const view = await event({ n: "pageview", u: `https://www.${site}/p?x#y`, d: "example.com,roll.up", r: null, w: 800, h: 0 });
    expect([view.status, view.text, view.headers["x-plausible-dropped"]]).toEqual([202, "ok", undefined]);
    await event({ name: "pageview", url: `https://${site}/p`, domain: site, props: { a: "b" } });
    for (const n of ["engagement", "Signup"]) {
      const dropped = await event({ n, u: `https://${site}/p`, d: site, e: 5, sd: 1 });
      expect([dropped.status, dropped.headers["x-plausible-dropped"]]).toEqual([202, "1"]);
    }
    expect(await totals(site, "/p")).toEqual([2, 2]);
    expect((await event({ n: "pageview", u: `${STRANGER}/p` }, STRANGER)).status).toBe(403);
    expect((await event({ n: "pageview", u: `${STRANGER}/p` })).status).toBe(400);
    expect((await event({ n: "pageview" })).status).toBe(400);
    expect((await event({ n: "pageview", u: "" })).status).toBe(400);
    expect((await event({ n: 1, u: "/p" })).status).toBe(400);
  });

  test("Counterscale says that each hit is a first one, and counts", async () => {
    const site = newSite();
    expect((await send(`GET /cache?sid=${site}`, { headers: fromPage(site) })).json()).toEqual({ ht: 1 });
    const hit = await send(`GET /collect?p=%2Fp%2F&h=https%3A%2F%2F${site}&r=&sid=any&ht=1`, { headers: fromPage(site) });
    expect([hit.headers["content-type"], hit.headers["access-control-allow-origin"]]).toEqual(["image/gif", "*"]);
    await send(`GET /collect?p=%2Fp&h=https%3A%2F%2F${site}&sid=any`);
    expect(await totals(site, "/p")).toEqual([2, 2]);
    expect((await send(`GET /collect?p=%2Fp&h=${STRANGER}&sid=any`)).status).toBe(403);
    expect((await send("GET /collect?sid=any", { headers: fromPage(site) })).status).toBe(400);
  });

  test.each([
    "/count.js",
    "/script.js",
    "/umami.js",
    "/js/script.js",
    "/js/plausible.js",
    "/js/script.hash.outbound-links.js",
    "/js/pa-AbC_1-2.js",
    "/tracker.js",
  ])("our script is at %s", async (path) => {
    const found = await send(`GET ${path}`);
    expect([found.status, found.headers.location]).toEqual([302, "/takeover.js"]);
  });
});
