import * as v from "valibot";
import type { LiveCounter } from "./read-live.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const TOTALS = v.object({ page_pv: count, site_pv: count, site_uv: count });
const VERCOUNT = v.object({ status: v.literal("success"), data: TOTALS });
const HITS = v.object({
  total: count,
  items: v.array(v.object({ data: v.array(v.object({ day: v.string(), value: count })) })),
});

/** Reading counts nothing there, but makes counters (of 0) of pages that it does not know. */
const vercount: LiveCounter = {
  endpoint: "https://events.vercount.one",
  request: (endpoint, url) => ({ address: `${endpoint}/api/v2/log?url=${encodeURIComponent(url)}` }),
  parse: (text) => answerOf(v.parse(VERCOUNT, JSON.parse(text)).data),
};

/** Each request is a visit of the page and, as no cookie is sent, of a new visitor. */
const busuanzi: LiveCounter = {
  endpoint: "https://busuanzi.ibruce.info",
  request: (endpoint, url) => ({
    address: `${endpoint}/busuanzi?jsonpCallback=BusuanziCallback_${Math.floor(1_099_511_627_776 * Math.random())}`,
    headers: { Referer: url },
  }),
  parse: (text) => answerOf(v.parse(TOTALS, JSON.parse(/\(\s*(\{[^{}]*\})\s*\)/.exec(text)?.[1] ?? ""))),
};

/** Reading counts nothing; a page is named by host and path. */
const hits: LiveCounter = {
  endpoint: "https://hits.sh",
  request: (endpoint, url) => ({ address: `${endpoint}/api/urns/${url.replace(/^https?:\/\//, "").replace(/\/+$/, "")}` }),
  parse(text) {
    const { total, items } = v.parse(HITS, JSON.parse(text));
    const days = Object.fromEntries(items.flatMap(({ data }) => data.map(({ day, value }) => [day, value])));
    return { pageVisits: total, siteVisits: null, siteVisitors: null, days };
  },
};

/** Counters that are read page by page, by the name of their source. */
export const LIVE: Readonly<Record<string, LiveCounter>> = { vercount, busuanzi, hits };

function answerOf({ page_pv, site_pv, site_uv }: v.InferOutput<typeof TOTALS>) {
  return { pageVisits: page_pv, siteVisits: site_pv, siteVisitors: site_uv };
}
