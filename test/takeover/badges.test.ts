import { expect, test } from "vitest";
import type { Answer } from "../support/http.ts";
import { CAMO, DEFAULT_SITE, describeTakeover, fromElement, GOOGLEBOT } from "./stage.ts";

const PROTOCOLS = "komarev,visitor-badge,seeyoufarm,hits,moe-counter,abacus,countapi";
const camo = { "User-Agent": CAMO, Accept: "image/*" };
/** Each gets keys of its own: they share the default site. */
let keys = 0;
const newKey = () => `key${++keys}`;

describeTakeover(PROTOCOLS, ({ send, totals, newSite }) => {
  const title = ({ text }: Answer) => /<title>([^<]*)<\/title>/.exec(text)?.[1];

  test.each<[string, () => { url: string; site: string; page: string; shown: string }]>([
    [
      "komarev",
      () => keyed((key) => [`/ghpvc/?username=${key}&color=blueviolet&style=flat-square`, "github.com", `/${key}`, "Profile views: 2"]),
    ],
    ["visitor-badge", () => keyed((key) => [`/badge?page_id=user.${key}&left_text=hi`, DEFAULT_SITE, `/user.${key}`, "hi: 2"])],
    ["visitor-badge with a slash", () => keyed((key) => [`/badge?page_id=user/${key}`, DEFAULT_SITE, `/user/${key}`, "visitors: 2"])],
    [
      "seeyoufarm",
      () =>
        keyed((key) => [
          `/api/count/incr/badge.svg?url=https%3A%2F%2Fgithub.com%2Fuser%2F${key}&count_bg=%2379C83D&title=hits`,
          "github.com",
          `/user/${key}`,
          /^hits: \d \/ 2$/,
        ]),
    ],
    ["hits.sh", () => keyed((key) => [`/github.com/user/${key}.svg?label=seen`, "github.com", `/user/${key}`, "seen: 2"])],
  ])("%s counts GitHub's proxy and readers, and no cache may keep it", async (_, make) => {
    const { url, site, page, shown } = make();
    await send(`GET ${url}`, { headers: camo });
    const answer = await send(`GET ${url}`, { headers: fromElement("https://somewhere.test/") });
    expect(title(answer)).toMatch(shown);
    expect(answer.headers).toMatchObject({
      "content-type": "image/svg+xml; charset=utf-8",
      "cache-control": "max-age=0, no-cache, no-store, must-revalidate",
      "cross-origin-resource-policy": "cross-origin",
    });
    await send(`GET ${url}`, { headers: fromElement("https://somewhere.test/") });
    await send(`HEAD ${url}`, { headers: camo });
    await send(`GET ${url}`, { headers: { "User-Agent": GOOGLEBOT } });
    expect((await totals(site, page))[0]).toBe(3);
  });

  function keyed(make: (key: string) => [url: string, site: string, page: string, shown: string | RegExp]) {
    const [url, site, page, shown] = make(newKey());
    return { url, site, page, shown: shown as string };
  }

  test("start values of a badge's URL are added to what is shown, and to nothing else", async () => {
    const [user, repo] = [newKey(), newKey()];
    expect(title(await send(`GET /ghpvc?username=${user}&base=1233`, { headers: camo }))).toBe("Profile views: 1,234");
    expect(title(await send(`GET /ghpvc?username=${user}&base=1232&abbreviated=true`, { headers: camo }))).toMatch(
      /^Profile views: 1\.2k$/i,
    );
    expect(title(await send(`GET /github.com/x/${repo}.svg?extraCount=999`, { headers: camo }))).toBe("hits: 1,000");
    expect(title(await send(`GET /ghpvc?username=${user}&base=-5`, { headers: camo }))).toBe("Profile views: 3");
    expect((await totals("github.com", `/${user}`))[0]).toBe(3);
  });

  test("komarev's pixel counts and shows nothing", async () => {
    const user = newKey();
    const pixel = await send(`GET /ghpvc/?username=${user}&style=pixel`, { headers: camo });
    expect(pixel.text).toBe('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>');
    expect(pixel.headers).toMatchObject({
      "content-type": "image/svg+xml; charset=utf-8",
      "cache-control": "max-age=0, no-cache, no-store, must-revalidate",
    });
    expect((await totals("github.com", `/${user}`))[0]).toBe(1);
  });

  test("what only shows counts nothing", async () => {
    const [key, repo] = [newKey(), newKey()];
    await send(`GET /badge?page_id=${key}`, { headers: camo });
    expect(title(await send(`GET /badge?page_id=${key}&query_only=true`, { headers: camo }))).toBe("visitors: 1");
    await send(`GET /api/count/incr/badge.svg?url=github.com/x/${repo}`, { headers: camo });
    expect(title(await send(`GET /api/count/keep/badge.svg?url=https://github.com/x/${repo}`, { headers: camo }))).toMatch(/ \/ 1$/);
    expect((await totals(DEFAULT_SITE, `/${key}`))[0]).toBe(1);
    expect((await totals("github.com", `/x/${repo}`))[0]).toBe(1);
  });

  test("Moe-Counter draws plain digits, shows a given number as it is, and its record only reads", async () => {
    const key = newKey();
    const image = await send(`GET /@${key}?theme=moebooru&padding=4`, { headers: camo });
    expect([title(image), image.headers["content-type"]]).toEqual(["0001", "image/svg+xml; charset=utf-8"]);
    expect(title(await send(`GET /get/@${key}`, { headers: camo }))).toBe("0000002");
    expect(title(await send(`GET /@${key}?num=777`, { headers: camo }))).toBe("0000777");
    expect(title(await send("GET /@demo", { headers: camo }))).toBe("0123456789");
    expect((await send(`GET /record/@${key}`)).json()).toEqual({ name: key, num: 2 });
    expect((await send(`GET /@${"x".repeat(33)}`, { headers: camo })).status).toBe(400);
    expect((await totals(DEFAULT_SITE, `/@${key}`))[0]).toBe(2);
  });

  test("a key is no query and no fragment, and an image that is nobody's badge is not there", async () => {
    const key = newKey();
    for (const other of ["", "%3Fa", "%3Fb", "%23a"]) {
      expect(title(await send(`GET /badge?page_id=${key}${other}`, { headers: camo }))).toBe("visitors: 1");
      expect(title(await send(`GET /@${key}${other}`, { headers: camo }))).toBe("0000001");
    }
    for (const path of ["/favicon.svg", "/icons/a.svg", "/localhost/x.svg"]) expect((await send(`GET ${path}`)).status).toBe(404);
    expect(title(await send(`GET /${DEFAULT_SITE}.svg`, { headers: camo }))).toMatch(/^hits: \d$/);
  });

  test("Abacus and CountAPI hit, get, show a shield and answer a callback", async () => {
    const key = newKey();
    const missing = await send(`GET /get/space/${key}`);
    expect([missing.status, missing.json()]).toEqual([404, { error: "Key not found", value: null }]);
    expect((await send(`GET /hit/space/${key}`)).json()).toEqual({ value: 1 });
    expect((await send(`GET /hit/space/${key}`, { headers: { Origin: `https://${newSite()}` } })).json()).toEqual({ value: 2 });
    const jsonp = await send(`GET /hit/space/${key}?callback=a.b`);
    expect([jsonp.text, jsonp.headers["content-type"], jsonp.headers["x-content-type-options"]]).toEqual([
      'a.b({"value":3})',
      "application/javascript",
      "nosniff",
    ]);
    expect(title(await send(`GET /get/space/${key}/shield?text=seen`))).toBe("seen: 3");
    expect((await send(`GET /get/space/${key}`)).json()).toEqual({ value: 3 });
    expect((await send(`GET /hit/${key}`)).json()).toEqual({ value: 1 });
    expect((await totals(DEFAULT_SITE, `/space/${key}`))[0]).toBe(3);
    expect((await totals(DEFAULT_SITE, `/default/${key}`))[0]).toBe(1);
  });

  test("CountAPI's visits() counts the page that Referer names, and no root in its place", async () => {
    const site = newSite();
    const path = encodeURI("/hit/:HOST:/:PATHNAME:");
    expect((await send(`GET ${path}`, { headers: { Origin: `https://${site}`, Referer: `https://${site}/a/` } })).json()).toEqual({
      value: 1,
    });
    expect((await send(`GET ${path}`, { headers: { Origin: `https://${site}`, Referer: `https://${site}/` } })).status).toBe(400);
    expect((await send(`GET ${path}`)).status).toBe(400);
    expect((await send("GET /hit/:HOST:/signup", { headers: { Origin: `https://${site}` } })).json()).toEqual({ value: 1 });
    expect(await totals(site, "/a")).toEqual([1, 2]);
  });

  test.each([
    "/ghpvc?username=a%2Fb",
    "/ghpvc",
    "/api/count/incr/badge.svg?url=notahost",
    "/api/count/incr/badge.svg",
    "/badge?page_id=",
    "/badge?page_id=..",
    "/hit/a/b",
    "/hit/space/%3Cscript%3E",
    "/hit/space/key?callback=alert(1)",
    "/badge",
  ])("%s is refused", async (path) => {
    const answer = await send(`GET ${path}`, { headers: camo });
    expect([answer.status, answer.headers["content-type"]]).toEqual([400, "application/problem+json"]);
  });

  test.each([
    "/stranger.test/x.svg",
    "/api/count/incr/badge.svg?url=https://stranger.test/x",
    "/api/count/keep/badge.svg?url=https://stranger.test/x",
  ])("%s is of a site that may not count", async (path) => {
    expect((await send(`GET ${path}`, { headers: camo })).status).toBe(403);
  });

  test("a strange site's script may not count a key", async () => {
    expect((await send(`GET /hit/space/${newKey()}`, { headers: { Origin: "https://stranger.test" } })).status).toBe(403);
  });

  test("what a badge says is text, whatever it is", async () => {
    const label = encodeURIComponent('<script>"&\u0001\ud83d\ude00');
    const answer = await send(`GET /badge?page_id=${newKey()}&left_text=${label}&right_color=url(x)`, { headers: camo });
    expect(answer.text).toContain("&#60;script&#62;&#34;&#38;");
    expect(answer.text).not.toMatch(/<script|url\(x/);
  });
});

describeTakeover(
  "visitor-badge",
  ({ send, totals, newSite }) => {
    test("keys of images have a budget of their own: real pages still count when it is spent", async () => {
      const answers: number[] = [];
      for (let key = 0; key < 230; key++) answers.push((await send(`GET /badge?page_id=k${key}`, { headers: camo })).status);
      expect(answers.filter((status) => status === 200).length).toBeGreaterThanOrEqual(200);
      expect(answers.at(-1)).toBe(429);
      // One that is known goes on.
      expect((await send("GET /badge?page_id=k1", { headers: camo })).status).toBe(200);
      for (let page = 0; page < 50; page++) {
        const body = { site: DEFAULT_SITE, page: `/real${page}` };
        expect((await send("POST /v1/visits", { body })).status).toBe(200);
      }
      expect((await totals(DEFAULT_SITE, "/k1"))[0]).toBe(2);
      expect(newSite()).toBeTruthy();
    });
  },
  { NEW_PAGES_BURST: "5000" },
);
