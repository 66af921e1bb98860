import { Hono } from "hono/tiny";
import * as v from "valibot";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { embeddable, readableByAll } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { COUNTING_PROBLEMS, object, type RouteDocs } from "../docs.ts";
import { pixelAnswer } from "../images.ts";
import { scriptDocs, scriptsAt } from "./script.ts";
import { sourceOf, type TakeoverDeps } from "./views.ts";

const SCRIPTS = ["/tracker.js"];
const HIT = v.object({ p: text, h: v.optional(text) });

/** Counterscale: counts what `tracker.js` sends. The site is the page's own host: `sid` may be any name. */
export function counterscale({ view }: TakeoverDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.route("/", scriptsAt(...SCRIPTS));

  // The browser's cache is not asked to remember anybody: that each hit is a first one is of no use to us.
  app.get("/cache", readableByAll, (c) => c.json({ ht: 1 }));
  app.get("/collect", embeddable, query(HIT), async (c) => {
    const { p, h } = c.req.valid("query");
    await view(c, { page: p }, sourceOf(c) ?? h ?? null);
    return pixelAnswer(c);
  });
  return app;
}

/** For openapi.json; no bundle has it. */
export function counterscaleDocs(): RouteDocs {
  return {
    "GET /cache": {
      operationId: "counterscaleCache",
      group: "Read",
      summary: "Counterscale: which hit of the day it is, always the first",
      answer: object({ ht: { type: "integer" } }),
      problems: [],
    },
    "GET /collect": {
      operationId: "counterscale",
      group: "Count",
      summary: "Counterscale: count a page view",
      query: HIT,
      fields: { p: "The page's path.", h: "The page's origin, where no header names it." },
      answer: "image/gif",
      problems: COUNTING_PROBLEMS,
    },
    ...scriptDocs("counterscale", SCRIPTS),
  };
}
