import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as v from "valibot";
import { invalid } from "../../domain/invalid.ts";
import { json } from "../../http/body.ts";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { readableByAll } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { COUNTING_PROBLEMS, object, type RouteDocs } from "../docs.ts";
import { allowHeaders } from "./cors.ts";
import { scriptDocs, scriptsAt } from "./script.ts";
import type { TakeoverDeps } from "./views.ts";

const SCRIPTS = ["/script.js", "/umami.js"];
const EVENT = v.object({
  type: text,
  payload: v.object({ hostname: v.optional(text), url: v.optional(text), name: v.optional(text) }),
});
const STATS = v.object({ url: v.optional(text), path: v.optional(text) });

/** Umami: counts page views and answers totals of all time; which website an id stands for is taken from `Origin`. */
export function umami({ view, readPage, sites, http1 }: TakeoverDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.route("/", scriptsAt(...SCRIPTS));
  app.use("/api/send", allowHeaders("x-umami-cache"));
  app.use("/api/collect", allowHeaders("x-umami-cache"));
  app.use("/api/websites/*", allowHeaders("Authorization", "x-umami-api-key"));

  app.post("/api/send", json(EVENT, { http1 }), (c) => {
    const { type, payload } = c.req.valid("json");
    // With a name it is an event of the site's own.
    return receive(c, payload, type === "event" && !payload.name);
  });
  // Umami 1.
  app.post("/api/collect", json(EVENT, { http1 }), (c) => {
    const { type, payload } = c.req.valid("json");
    return receive(c, payload, type === "pageview");
  });

  async function receive(c: Context<Env>, { hostname, url = "/" }: v.InferOutput<typeof EVENT>["payload"], isView: boolean) {
    const counted = isView && (await view(c, { ...(hostname && { site: hostname }), page: url }, c.req.header("Origin") || null)).counted;
    // Without `cache` the script has nothing to send back; the rest is what it hears as a bot.
    return c.json(counted || !isView ? {} : { beep: "boop" });
  }

  app.get("/api/websites/:id/stats", readableByAll, query(STATS), async (c) => {
    const { url, path = url } = c.req.valid("query");
    const site = sites.toRead(undefined, c.get("originSite"));
    // Umami 3 has filters such as "eq./blog" and "c.blog" there.
    const page = path?.replace(/^eq\./, "");
    if (page && /^[a-z]{1,3}\./.test(page)) invalid("path", path, 'one page, such as "/blog" or "eq./blog"');
    const views = await readPage(c, site, page ?? "/");
    const [pageviews, visitors] = page === undefined ? [views.site, views.siteVisitors] : [views.page, views.pageVisitors];
    // In Umami 2's form: the themes that read version 3's read it too.
    const stats = { pageviews, visitors, visits: visitors, bounces: 0, totaltime: 0 };
    const answer = Object.fromEntries(Object.entries(stats).map(([name, value]) => [name, { value, prev: 0 }]));
    return c.json(answer, 200, { "Cache-Control": "no-cache" });
  });

  return app;
}

/** For openapi.json; no bundle has it. */
export function umamiDocs(): RouteDocs {
  const problems = [...COUNTING_PROBLEMS, "too-large", "unsupported-media-type"] as const;
  const fields = { type: "What kind of event it is.", payload: "The page's hostname and url; with a name it is not counted." };
  const doc = { group: "Count", body: { schema: EVENT }, fields, answer: object({}), problems } as const;
  return {
    "POST /api/send": { ...doc, operationId: "umami", summary: "Umami: count a page view" },
    "POST /api/collect": { ...doc, operationId: "umamiV1", summary: "Umami 1: count a page view" },
    "GET /api/websites/:id/stats": {
      operationId: "umamiStats",
      group: "Read",
      summary: "Umami: read a page's totals, or the site's",
      query: STATS,
      fields: { url: "The page; without it the whole site.", path: "The same as url; eq. may stand before it." },
      answer: object({ pageviews: { type: "object" }, visitors: { type: "object" } }),
      problems: ["site-not-allowed"],
    },
    ...scriptDocs("umami", SCRIPTS),
  };
}
