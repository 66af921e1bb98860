import { Hono } from "hono/tiny";
import * as v from "valibot";
import type { Env } from "../../http/env.ts";
import { embeddable } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { COUNTING_PROBLEMS, type RouteDocs } from "../docs.ts";
import { answerToReferer, callback } from "./jsonp.ts";
import { scriptDocs, scriptsAt } from "./script.ts";
import type { TakeoverDeps } from "./views.ts";

/** Where themes load busuanzi's script from, and how the copies on CDNs call it. */
const SCRIPTS = ["/busuanzi/2.3/busuanzi.pure.mini.js", "/busuanzi.pure.mini.js", "/bsz.pure.mini.js"];
const QUERY = v.object({ jsonpCallback: callback });

/** busuanzi of busuanzi.ibruce.info: JSONP that counts the page of `Referer`. */
export function busuanzi(deps: TakeoverDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.route("/", scriptsAt(...SCRIPTS));
  app.get("/busuanzi", embeddable, query(QUERY), (c) => {
    const { jsonpCallback } = c.req.valid("query");
    // Spaces and order as ever: some readers cut the answer at fixed places.
    return answerToReferer(c, deps, jsonpCallback, ({ siteVisitors, page, site }) => {
      return `{"site_uv":${siteVisitors},"page_pv":${page},"version":2.4,"site_pv":${site}}`;
    });
  });
  return app;
}

/** For openapi.json; no bundle has it. */
export function busuanziDocs(): RouteDocs {
  return {
    "GET /busuanzi": {
      operationId: "busuanzi",
      group: "Count",
      summary: "busuanzi: count the page of Referer",
      query: QUERY,
      fields: { jsonpCallback: "The function of the page that is called with the numbers." },
      answer: "application/javascript",
      problems: COUNTING_PROBLEMS,
    },
    ...scriptDocs("busuanzi", SCRIPTS),
  };
}
