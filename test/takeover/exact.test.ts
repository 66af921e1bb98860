import { expect, test } from "vitest";
import { fromClients, misnumbered } from "../support/http.ts";
import { CAMO, CHROME, DEFAULT_SITE, describeTakeover, fromElement, fromPage, type Stage } from "./stage.ts";

/** Of each protocol. `EXACT_VISITS=10000` is the full size, which takes some minutes. */
const VISITS = Number(process.env["EXACT_VISITS"] ?? 1_000);
/** How long so many may take on a loaded machine. */
const PATIENCE_MS = 60_000 + 30 * VISITS;
const PAGE = "/exact";

/** How a protocol counts one visit of {@link PAGE}, and the page's number in its answer, where it has one. */
type Count = (send: Stage["send"], site: string) => Promise<number | null>;

const inTitle = /<title>[^<]*?([\d,]+)<\/title>/;
const numberIn = (text: string, pattern: RegExp) => Number((pattern.exec(text)?.[1] ?? "NaN").replaceAll(",", ""));
const badge =
  (path: string): Count =>
  async (send) =>
    numberIn((await send(`GET ${path}`, { headers: { "User-Agent": CAMO } })).text, inTitle);
const put = {
  method: "PUT",
  path: `/1.1/classes/Counter/${Buffer.from(PAGE).toString("base64url")}`,
  body: { time: { __op: "Increment", amount: 1 } },
};

const PROTOCOLS: Readonly<Record<string, { count: Count; site?: string; page?: string }>> = {
  busuanzi: {
    count: async (send, site) => {
      return numberIn(
        (await send("GET /busuanzi?jsonpCallback=f", { headers: fromElement(`https://${site}${PAGE}`) })).text,
        /"page_pv":(\d+)/,
      );
    },
  },
  vercount: {
    count: async (send, site) => {
      return (await send("POST /api/v2/log", { headers: fromPage(site), body: { url: `https://${site}${PAGE}` } })).json().data.page_pv;
    },
  },
  soxft: {
    count: async (send, site) => {
      return (await send("POST /api", { headers: { ...fromPage(site), "x-bsz-referer": `https://${site}${PAGE}` } })).json().data.page_pv;
    },
  },
  "leancloud, by PUT": {
    count: async (send, site) => (await send(`PUT ${put.path}`, { headers: fromPage(site), body: put.body })).json().time,
  },
  "leancloud, by batch": {
    count: async (send, site) => {
      return (await send("POST /1.1/batch", { headers: fromPage(site), body: { requests: [put] } })).json()[0].success.time;
    },
  },
  openkounter: {
    count: async (send, site) => {
      await send("POST /api/counter", { headers: fromPage(site), body: { action: "inc", target: PAGE } });
      return null;
    },
  },
  goatcounter: { count: (send, site) => send(`POST /count?p=${PAGE}`, { headers: fromPage(site) }).then(() => null) },
  umami: {
    count: async (send, site) => {
      await send("POST /api/send", { headers: fromPage(site), body: { type: "event", payload: { hostname: site, url: PAGE } } });
      return null;
    },
  },
  plausible: {
    count: async (send, site) => {
      const headers = { ...fromPage(site), "Content-Type": "text/plain" };
      await send("POST /api/event", { headers, body: JSON.stringify({ n: "pageview", u: `https://${site}${PAGE}`, d: site }) });
      return null;
    },
  },
  counterscale: { count: (send, site) => send(`GET /collect?p=${PAGE}&sid=x`, { headers: fromPage(site) }).then(() => null) },
  komarev: { count: badge("/ghpvc?username=exact"), site: "github.com" },
  "visitor-badge": { count: badge("/badge?page_id=visitor-badge"), site: DEFAULT_SITE, page: "/visitor-badge" },
  seeyoufarm: { count: badge("/api/count/incr/badge.svg?url=github.com/see/youfarm"), site: "github.com", page: "/see/youfarm" },
  hits: { count: badge("/github.com/hits/sh.svg"), site: "github.com", page: "/hits/sh" },
  "abacus and countapi": {
    count: async (send) => (await send("GET /hit/space/exact", { headers: { "User-Agent": CHROME } })).json().value,
    site: DEFAULT_SITE,
    page: "/space/exact",
  },
  "moe-counter": { count: badge("/@moe?padding=1"), site: DEFAULT_SITE, page: "/@moe" },
};

describeTakeover("all", ({ send, totals, newSite }) => {
  test.each(Object.entries(PROTOCOLS))(
    `${VISITS.toLocaleString("en")} visits from 64 clients: %s counts each once`,
    async (_, { count, site = newSite(), page = PAGE }) => {
      const numbers: number[] = [];
      await fromClients(VISITS, async () => {
        const number = await count(send, site);
        if (number !== null) numbers.push(number);
      });
      expect((await totals(site, page))[0]).toBe(VISITS);
      // Where the answer has the page's number, no two visits were told the same.
      if (numbers.length > 0) expect(misnumbered(numbers)).toEqual([]);
    },
    PATIENCE_MS,
  );
});
