import { Hono } from "hono/tiny";
import * as v from "valibot";
import { siteOfUrl } from "../../domain/site.ts";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { embeddable } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { COUNTING_PROBLEMS, type RouteDocs } from "../docs.ts";
import { pixelAnswer } from "../images.ts";
import { badgeAnswer, full } from "./badge.ts";
import { scriptDocs, scriptsAt } from "./script.ts";
import { sourceOf, type TakeoverDeps } from "./views.ts";

const SCRIPTS = ["/count.js"];
const HIT = v.object({ p: v.optional(text, "/"), e: v.optional(text), b: v.optional(text) });
const ALL_TIME = "none: the numbers are of all time";
const SHOWN = v.object({ start: v.optional(v.never(ALL_TIME)), end: v.optional(v.never(ALL_TIME)) });
/** What stands for the whole site in place of a path. */
const TOTAL = "TOTAL";
/** The counter's own separator of thousands: a thin space. */
const THIN_SPACE = "\u202f";
/** From here on the script has found out that a program loads the page. */
const FIRST_BOT = 150;

/** GoatCounter: counts what `count.js` sends, and answers its visitor counter. */
export function goatcounter({ view, readPage, sites }: TakeoverDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.route("/", scriptsAt(...SCRIPTS));

  app.on(["GET", "POST"], "/count", embeddable, query(HIT), async (c) => {
    const { p, e, b } = c.req.valid("query");
    // An event's name is no page.
    if (!/^(?:true|1|on)$/.test(e ?? "") && !(Number(b) >= FIRST_BOT)) await view(c, { page: p }, sourceOf(c));
    return pixelAnswer(c);
  });

  app.get("/counter/:file{.+\\.(?:json|html|svg)}", embeddable, query(SHOWN), async (c) => {
    const [, name = "", type = ""] = /^(.*)\.(json|html|svg)$/s.exec(c.req.param("file")) ?? [];
    const referer = c.req.header("Referer");
    const site = sites.toRead(undefined, c.get("originSite") ?? (referer ? siteOfUrl(referer) : null));
    const isSite = name === TOTAL;
    const views = await readPage(c, site, isSite ? "/" : name);
    const count = thin(isSite ? views.site : views.page);
    const unique = thin(isSite ? views.siteVisitors : views.pageVisitors);
    if (type === "json") return c.json({ count_unique: unique, count }, count === "0" ? 404 : 200, { "Cache-Control": "no-cache" });
    const label = isSite ? "Views for this site" : "Views for this page";
    if (type === "svg") return badgeAnswer(c, count, {}, { label, color: "9a15a4" });
    // The script shows it in a frame.
    c.header("Content-Security-Policy", "default-src 'none'");
    return c.html(`<!doctype html><title>${label}</title><p align="center">${label}<br><b>${count}</b></p>`, 200, {
      "Cache-Control": "no-cache",
    });
  });

  return app;
}

function thin(value: number): string {
  return full(value).replaceAll(",", THIN_SPACE);
}

/** For openapi.json; no bundle has it. */
export function goatcounterDocs(): RouteDocs {
  const doc = {
    group: "Count",
    query: HIT,
    fields: { p: "The page's path.", e: "true, 1 or on for an event, which is not counted.", b: "From 150 on it is a bot." },
    answer: "image/gif",
    problems: COUNTING_PROBLEMS,
  } as const;
  return {
    "GET /count": { ...doc, operationId: "goatcounterImage", summary: "GoatCounter: count a view with an image" },
    "POST /count": { ...doc, operationId: "goatcounter", summary: "GoatCounter: count a view" },
    "GET /counter/:shown{.+}": {
      operationId: "goatcounterShow",
      group: "Read",
      summary: "GoatCounter: a page's count, as JSON, HTML or SVG",
      answer: "application/json",
      problems: ["site-not-allowed", "not-found"],
    },
    ...scriptDocs("goatcounter", SCRIPTS),
  };
}
