import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as v from "valibot";
import { InvalidInput } from "../../domain/invalid.ts";
import { normalizePage } from "../../domain/page.ts";
import { siteOfUrl } from "../../domain/site.ts";
import type { Env } from "../../http/env.ts";
import { embeddable, readableByAll } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { allowHeaders } from "./cors.ts";
import { answerToReferer, callback } from "./jsonp.ts";
import { scriptsAt } from "./script.ts";
import { readOne, sourceOf, type TakeoverDeps, type Views } from "./views.ts";

const SCRIPTS = ["/js", "/js/lite", "/js/lite_pjax", "/js/jsonp"];
const QUERY = v.object({ callback });

/** busuanzi of github.com/soxft/busuanzi: the page's address is in a header of its own. */
export function soxft(deps: TakeoverDeps): Hono<Env> {
  const { view, read, sites } = deps;
  const app = new Hono<Env>();
  app.route("/", scriptsAt(...SCRIPTS));
  app.use("/api", allowHeaders("x-bsz-referer", "Authorization"));

  app.post("/api", async (c) => c.json(answer(await countPage(c)), 200, { "Cache-Control": "no-store" }));
  app.put("/api", async (c) => {
    await countPage(c);
    return c.body(null, 204, { "Cache-Control": "no-store" });
  });
  app.get("/api", readableByAll, async (c) => {
    const page = pageOf(c);
    const site = sites.toRead(siteOfUrl(page) ?? undefined, c.get("originSite"));
    return c.json(answer(await readOne(read, site, normalizePage(page, site))), 200, { "Cache-Control": "no-cache" });
  });
  app.get("/jsonp", embeddable, query(QUERY), (c) => {
    return answerToReferer(c, deps, c.req.valid("query").callback, ({ site, siteVisitors, page, pageVisitors }) => {
      return `{"page_pv":${page},"page_uv":${pageVisitors},"site_pv":${site},"site_uv":${siteVisitors}}`;
    });
  });
  app.get("/ping", readableByAll, (c) => c.json({ success: true, message: "pong" }, 200, { "Cache-Control": "no-store" }));

  function countPage(c: Context<Env>): Promise<Views> {
    const page = pageOf(c);
    return view(c, { page }, sourceOf(c) ?? page);
  }

  return app;
}

function pageOf(c: Context<Env>): string {
  const page = c.req.header("x-bsz-referer");
  if (!page) throw new InvalidInput("x-bsz-referer is missing; it is required.");
  return page;
}

function answer({ site, siteVisitors, page, pageVisitors }: Views) {
  return { success: true, message: "ok", data: { site_pv: site, site_uv: siteVisitors, page_pv: page, page_uv: pageVisitors } };
}
