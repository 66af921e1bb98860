import { Hono } from "hono/tiny";
import * as v from "valibot";
import { siteOfUrl } from "../../domain/site.ts";
import { json } from "../../http/body.ts";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { readableByAll } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { ANSWERS, COUNTING_PROBLEMS, object, type RouteDoc, type RouteDocs } from "../docs.ts";
import { allowHeaders } from "./cors.ts";
import { scriptDocs, scriptsAt } from "./script.ts";
import { pageUrl, sourceOf, type TakeoverDeps, type Views } from "./views.ts";

const SCRIPTS = ["/js"];
/** The client's own idea of who is new is not heeded, nor its fingerprint. */
const VIEW = v.object({ url: text });

type Answer = (views: Views, done: "updated" | "retrieved") => object;

/** Vercount of vercount.one, in both versions. */
export function vercount({ view, readPage, sites, http1 }: TakeoverDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.route("/", scriptsAt(...SCRIPTS));

  const routes: readonly (readonly [path: string, answer: Answer])[] = [
    ["/log", numbers],
    ["/api/v1/log", numbers],
    ["/api/v2/log", (views, done) => ({ status: "success", message: `Data ${done} successfully`, data: numbers(views) })],
  ];
  for (const [path, answer] of routes) {
    app.use(path, allowHeaders("X-Browser-Token"));
    app.post(path, json(VIEW, { http1 }), async (c) => {
      const url = pageUrl(c.req.valid("json").url);
      return c.json(answer(await view(c, { page: url }, sourceOf(c) ?? url), "updated"));
    });
    app.get(path, readableByAll, query(VIEW), async (c) => {
      const url = pageUrl(c.req.valid("query").url);
      const site = sites.toRead(siteOfUrl(url) ?? undefined, c.get("originSite"));
      return c.json(answer(await readPage(c, site, url), "retrieved"), 200, { "Cache-Control": "no-cache" });
    });
  }
  return app;
}

function numbers({ site, siteVisitors, page }: Views) {
  return { site_uv: siteVisitors, site_pv: site, page_pv: page };
}

/** For openapi.json; no bundle has it. */
export function vercountDocs(): RouteDocs {
  const { visits } = ANSWERS;
  const numbers = object({ site_uv: visits, site_pv: visits, page_pv: visits });
  const wrapped = object({ status: { type: "string" }, message: { type: "string" }, data: numbers });
  const docs = [
    ["/log", "vercount", numbers],
    ["/api/v1/log", "vercountV1", numbers],
    ["/api/v2/log", "vercountV2", wrapped],
  ] as const;
  const routes = docs.flatMap(([path, operationId, answer]) => {
    const fields = { url: "The page's address." };
    const count: RouteDoc = {
      operationId,
      group: "Count",
      summary: "Vercount: count a page",
      body: { schema: VIEW },
      fields,
      answer,
      problems: [...COUNTING_PROBLEMS, "too-large", "unsupported-media-type"],
    };
    const read: RouteDoc = {
      operationId: `${operationId}Read`,
      group: "Read",
      summary: "Vercount: read a page",
      query: VIEW,
      fields,
      answer,
      problems: ["site-not-allowed"],
    };
    return [
      [`POST ${path}`, count],
      [`GET ${path}`, read],
    ];
  });
  return { ...Object.fromEntries(routes), ...scriptDocs("vercount", SCRIPTS) };
}
