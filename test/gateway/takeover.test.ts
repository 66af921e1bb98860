import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeAll } from "../../build/openapi/write.ts";
import { TAKEOVER_PROTOCOLS } from "../../src/http/config.ts";
import { nodeOnSqlite, type Place } from "../http/rows.ts";
import type { NodeServer } from "../support/artefacts.ts";
import { type Answer, type Client, createClient, type Sent } from "../support/http.ts";
import { CAMO, DEFAULT_SITE, fromElement, fromPage, settings } from "../takeover/stage.ts";
import { type Listening, startGateway } from "./local.ts";

const PAGE = "/exact";
const asImage: Sent = { headers: { "User-Agent": CAMO } };
const { env, sites } = settings("all");
const SITE = sites.next().value ?? "";
const asPage: Sent = { headers: fromPage(SITE) };

/** A request of each protocol that counts one visit of a page, and where. Paths that need a wildcard come last. */
const COUNTS: readonly [target: string, sent: Sent, page: string, site?: string][] = [
  ["GET /busuanzi?jsonpCallback=f", { headers: fromElement(`https://${SITE}${PAGE}`) }, PAGE],
  ["POST /api/v2/log", { ...asPage, body: { url: `https://${SITE}${PAGE}` } }, PAGE],
  ["POST /api", { headers: { ...asPage.headers, "x-bsz-referer": `https://${SITE}${PAGE}` } }, PAGE],
  [
    `PUT /1.1/classes/Counter/${Buffer.from(PAGE).toString("base64url")}`,
    { ...asPage, body: { time: { __op: "Increment", amount: 1 } } },
    PAGE,
  ],
  ["POST /api/counter", { ...asPage, body: { action: "inc", target: PAGE } }, PAGE],
  [`POST /count?p=${PAGE}`, asPage, PAGE],
  ["POST /api/send", { ...asPage, body: { type: "event", payload: { hostname: SITE, url: PAGE } } }, PAGE],
  ["POST /api/event", { ...asPage, body: { n: "pageview", u: `https://${SITE}${PAGE}`, d: SITE } }, PAGE],
  [`GET /collect?p=${PAGE}&sid=x`, asPage, PAGE],
  ["GET /ghpvc/?username=exact", asImage, "/exact", "github.com"],
  ["GET /badge?page_id=key", asImage, "/key", DEFAULT_SITE],
  ["GET /api/count/incr/badge.svg?url=github.com/see/youfarm", asImage, "/see/youfarm", "github.com"],
  ["GET /hit/space/exact", asImage, "/space/exact", DEFAULT_SITE],
  ["GET /github.com/hits/sh.svg", asImage, "/hits/sh", "github.com"],
  ["GET /@moe", asImage, "/@moe", DEFAULT_SITE],
  ["GET /get/@moe", asImage, "/@moe", DEFAULT_SITE],
];

/** What shows numbers, or the way to the script. */
const SHOWS = [
  "GET /busuanzi/2.3/busuanzi.pure.mini.js",
  "GET /takeover.js",
  "GET /js/script.outbound-links.hash.js",
  "GET /counter//exact.json",
  "GET /counter/%2Fexact.json",
  "GET /counter/TOTAL.svg",
  "GET /record/@moe",
];

describe("the gateway in front of the Node server, with every protocol", () => {
  let place: Place<NodeServer>;
  let server: NodeServer;
  const gateways: Listening[] = [];
  let through: Client;
  let around: Client;
  let without: Client;

  beforeAll(async () => {
    place = await nodeOnSqlite.place();
    server = await place.start(env);
    for (const takeover of [TAKEOVER_PROTOCOLS, []]) {
      gateways.push(await startGateway({ backend: server.url, document: describeAll(takeover).gateway }));
    }
    [through, without, around] = [gateways[0]?.url, gateways[1]?.url, server.url].map((url = "") => createClient(url)) as [
      Client,
      Client,
      Client,
    ];
  });
  afterAll(async () => {
    for (const client of [through, around, without]) client?.close();
    for (const gateway of gateways) await gateway.stop();
    await server?.stop();
    await place?.remove();
  });

  const visits = async (site: string, page: string) => {
    const answer = await around.send(`GET /v1/visits?${new URLSearchParams({ site, page })}`);
    return answer.json().pages[0].visits;
  };
  const isItsOwn = ({ status, text }: Answer) => status === 404 && JSON.parse(text).code === 404;

  test.each(COUNTS)("%s counts once, and only where TAKEOVER lets it through", async (target, sent, page, site = SITE) => {
    const before = await visits(site, page);
    expect((await through.send(target, sent)).status).toBeLessThan(300);
    expect(await visits(site, page)).toBe(before + 1);
    expect(isItsOwn(await without.send(target, sent))).toBe(true);
    expect(await visits(site, page)).toBe(before + 1);
  });

  test.each(SHOWS)("%s is answered as without a gateway", async (target) => {
    const [direct, behind] = [await around.send(target, asPage), await through.send(target, asPage)];
    expect([behind.status, behind.text]).toEqual([direct.status, direct.text]);
    expect(behind.status).toBeLessThan(400);
    expect(isItsOwn(await without.send(target, asPage))).toBe(true);
  });

  test("a preflight of a protocol's headers passes", async () => {
    const headers = { ...asPage.headers, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-lc-id" };
    const answer = await through.send("OPTIONS /1.1/classes/Counter", { headers });
    expect([answer.status, answer.headers["access-control-allow-headers"]]).toEqual([204, expect.stringContaining("X-LC-Id")]);
  });

  test.each(["GET /v1/export", "DELETE /v1/visits?page=/", "POST /v1/import"])(
    "a wildcard is no way around the key of %s",
    async (target) => {
      expect((await through.send(target)).json()).toMatchObject({ code: 401 });
      const [method = "", path = ""] = target.split(" ");
      for (const other of [path.replace("/v1/", "/v1//"), path.replace("/v1/e", "/v1/%65"), path.replace("/v1/", "/./v1/")]) {
        const { status } = await through.send(`${method} ${other}`);
        expect([401, 404, 405]).toContain(status);
      }
    },
  );
});
