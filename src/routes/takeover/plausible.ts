import { Hono } from "hono/tiny";
import * as v from "valibot";
import { invalid } from "../../domain/invalid.ts";
import { siteOfUrl } from "../../domain/site.ts";
import { json } from "../../http/body.ts";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { COUNTING_PROBLEMS, type RouteDocs } from "../docs.ts";
import { scriptDocs, scriptsAt } from "./script.ts";
import type { TakeoverDeps } from "./views.ts";

const SCRIPTS = ["/js/script.js", "/js/plausible.js"];
/** Those with extensions (`script.outbound-links.js`), or of one site (`pa-ID.js`). */
const OTHER_SCRIPTS = "/js/:file{(?:script|plausible|pa)[.-][\\w.-]+}";
/** Long names are as good as short ones. */
const EVENT = v.object({ n: v.optional(text), name: v.optional(text), u: v.optional(text), url: v.optional(text) });

/** Plausible: counts page views. The site is the page's own host: `d` may be another's name. */
export function plausible({ view, http1 }: TakeoverDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.route("/", scriptsAt(...SCRIPTS, OTHER_SCRIPTS));

  app.post("/api/event", json(EVENT, { http1 }), async (c) => {
    const { name, n = name, url, u = url } = c.req.valid("json");
    // Events, and how long somebody stayed.
    const counted =
      n === "pageview" && (await view(c, { page: u || invalid("u", u, "the page's URL") }, c.req.header("Origin") || siteUrl(u))).counted;
    return c.body("ok", 202, {
      "Content-Type": "text/plain; charset=utf-8",
      ...(counted ? {} : { "X-Plausible-Dropped": "1" }),
    });
  });
  return app;
}

/** The URL where it names a site. */
function siteUrl(url: string | undefined): string | null {
  return url !== undefined && siteOfUrl(url) !== null ? url : null;
}

/** For openapi.json; no bundle has it. */
export function plausibleDocs(): RouteDocs {
  return {
    "POST /api/event": {
      operationId: "plausible",
      group: "Count",
      summary: "Plausible: count a page view",
      body: { schema: EVENT },
      fields: { n: "pageview; anything else is not counted.", name: "The same as n.", u: "The page's URL.", url: "The same as u." },
      answer: "text/plain",
      problems: [...COUNTING_PROBLEMS, "too-large", "unsupported-media-type"],
    },
    // A gateway knows no part of a segment.
    ...scriptDocs("plausible", [...SCRIPTS, "/js/:script"]),
  };
}
