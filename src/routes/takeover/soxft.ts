import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as v from "valibot";
import { siteOfUrl } from "../../domain/site.ts";
import type { Env } from "../../http/env.ts";
import { embeddable, readableByAll } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { ANSWERS, COUNTING_PROBLEMS, object, type RouteDocs } from "../docs.ts";
import { allowHeaders } from "./cors.ts";
import { answerToReferer, callback } from "./jsonp.ts";
import { scriptDocs, scriptsAt } from "./script.ts";
import { pageUrl, sourceOf, type TakeoverDeps, type Views } from "./views.ts";

const SCRIPTS = ["/js", "/js/lite", "/js/lite_pjax", "/js/jsonp"];
const QUERY = v.object({ callback });

/** busuanzi of github.com/soxft/busuanzi: the page's address is in a header of its own. */
export function soxft(deps: TakeoverDeps): Hono<Env> {
  const { view, readPage, sites } = deps;
  const app = new Hono<Env>();
  app.route("/", scriptsAt(...SCRIPTS));
  app.use("/api", allowHeaders("x-bsz-referer", "Authorization"));

  app.post("/api", async (c) => c.json(answer(await countPage(c))));
  app.put("/api", async (c) => {
    await countPage(c);
    return c.body(null, 204);
  });
  app.get("/api", readableByAll, async (c) => {
    const page = pageOf(c);
    const site = sites.toRead(siteOfUrl(page) ?? undefined, c.get("originSite"));
    return c.json(answer(await readPage(c, site, page)), 200, { "Cache-Control": "no-cache" });
  });
  app.get("/jsonp", embeddable, query(QUERY), (c) => {
    return answerToReferer(c, deps, c.req.valid("query").callback, ({ site, siteVisitors, page, pageVisitors }) => {
      return `{"page_pv":${page},"page_uv":${pageVisitors},"site_pv":${site},"site_uv":${siteVisitors}}`;
    });
  });
  app.get("/ping", readableByAll, (c) => c.json({ success: true, message: "pong" }));

  function countPage(c: Context<Env>): Promise<Views> {
    const page = pageOf(c);
    return view(c, { page }, sourceOf(c) ?? page);
  }

  return app;
}

function pageOf(c: Context<Env>): string {
  return pageUrl(c.req.header("x-bsz-referer"), "x-bsz-referer");
}

function answer({ site, siteVisitors, page, pageVisitors }: Views) {
  return { success: true, message: "ok", data: { site_pv: site, site_uv: siteVisitors, page_pv: page, page_uv: pageVisitors } };
}

/** For openapi.json; no bundle has it. */
export function soxftDocs(): RouteDocs {
  const { visits } = ANSWERS;
  const numbers = object({ site_pv: visits, site_uv: visits, page_pv: visits, page_uv: visits });
  const success = { success: { type: "boolean" }, message: { type: "string" } } as const;
  const description = "The page's address is the header x-bsz-referer.";
  return {
    "POST /api": {
      operationId: "soxft",
      group: "Count",
      summary: "soxft's busuanzi: count a page",
      description,
      answer: object({ ...success, data: numbers }),
      problems: COUNTING_PROBLEMS,
    },
    "PUT /api": {
      operationId: "soxftSilent",
      group: "Count",
      summary: "soxft's busuanzi: count a page, without an answer",
      description,
      answer: null,
      problems: COUNTING_PROBLEMS,
    },
    "GET /api": {
      operationId: "soxftRead",
      group: "Read",
      summary: "soxft's busuanzi: read a page",
      description,
      answer: object({ ...success, data: numbers }),
      problems: ["site-not-allowed"],
    },
    "GET /jsonp": {
      operationId: "soxftJsonp",
      group: "Count",
      summary: "soxft's busuanzi: count the page of Referer",
      query: QUERY,
      fields: { callback: "The function of the page that is called with the numbers." },
      answer: "application/javascript",
      problems: COUNTING_PROBLEMS,
    },
    "GET /ping": {
      operationId: "soxftPing",
      group: "Read",
      summary: "soxft's busuanzi: is it there?",
      answer: object(success),
      problems: [],
    },
    ...scriptDocs("soxft", SCRIPTS),
  };
}
