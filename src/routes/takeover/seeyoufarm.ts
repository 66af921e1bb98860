import { Hono } from "hono/tiny";
import * as v from "valibot";
import { invalid } from "../../domain/invalid.ts";
import { parseHttpUrl, siteOfHost } from "../../domain/site.ts";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { embeddable } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { COUNTING_PROBLEMS, type RouteDoc, type RouteDocs } from "../docs.ts";
import { badgeAnswer, full } from "./badge.ts";
import type { TakeoverDeps, Views } from "./views.ts";

const QUERY = v.object({ url: text, title: v.optional(text), count_bg: v.optional(text) });

/** hits.seeyoufarm.com: its key is an address, whose host is the site. */
export function seeyoufarm({ viewKey, readPage, sites }: TakeoverDeps): Hono<Env> {
  const app = new Hono<Env>();

  app.get("/api/count/incr/badge.svg", embeddable, query(QUERY), async (c) => {
    const asked = c.req.valid("query");
    return badgeAnswer(c, shown(await viewKey(c, parseKey(asked.url), null)), colors(asked), DEFAULTS);
  });
  app.get("/api/count/keep/badge.svg", embeddable, query(QUERY), async (c) => {
    const asked = c.req.valid("query");
    const { site, page } = parseKey(asked.url);
    return badgeAnswer(c, shown(await readPage(c, sites.toRead(site, null), page)), colors(asked), DEFAULTS);
  });
  return app;
}

const DEFAULTS = { label: "hits", color: "79C83D" };

function colors({ title, count_bg }: v.InferOutput<typeof QUERY>) {
  return { label: title, color: count_bg };
}

function shown({ pageToday, page }: Views): string {
  return `${full(pageToday)} / ${full(page)}`;
}

/** The site and the page of an address, with or without its scheme. */
export function parseKey(address: string, field = "url"): { site: string; page: string } {
  const url = parseHttpUrl(address) ?? parseHttpUrl(`https://${address}`);
  const site = url?.hostname.includes(".") ? siteOfHost(url.hostname) : null;
  if (!url || site === null) invalid(field, address, "an address such as https://example.com/page");
  return { site, page: url.pathname };
}

/** For openapi.json; no bundle has it. */
export function seeyoufarmDocs(): RouteDocs {
  const doc: Omit<RouteDoc, "operationId" | "summary" | "group"> = {
    query: QUERY,
    fields: { url: "The page's address.", title: "The left side.", count_bg: "The right side's color." },
    answer: "image/svg+xml",
    problems: COUNTING_PROBLEMS,
  };
  return {
    "GET /api/count/incr/badge.svg": {
      ...doc,
      operationId: "seeyoufarm",
      group: "Count",
      summary: "hits.seeyoufarm.com: count and show a page",
    },
    "GET /api/count/keep/badge.svg": { ...doc, operationId: "seeyoufarmKeep", group: "Read", summary: "hits.seeyoufarm.com: show a page" },
  };
}
