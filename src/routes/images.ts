import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as v from "valibot";
import { fromBase64 } from "../base64.ts";
import { InvalidInput, invalid } from "../domain/invalid.ts";
import type { Numbers } from "../domain/numbers.ts";
import { normalizePage } from "../domain/page.ts";
import type { AppConfig } from "../http/config.ts";
import type { Env } from "../http/env.ts";
import { flag, id, text } from "../http/fields.ts";
import { embeddable } from "../http/headers.ts";
import { query } from "../http/validate.ts";
import { COLOR_ALLOWED, FORMATS, formatNumber, type NumberFormat, parseColor, renderBadge } from "./badge-svg.ts";
import type { RouteDeps } from "./deps.ts";
import { COUNTING_PROBLEMS, type RouteDocs } from "./docs.ts";
import { totalsOf } from "./totals.ts";

/** A transparent GIF of one pixel. */
const GIF = fromBase64("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==");

/** Neither control characters nor halves of a character. */
const LABEL = /^[^\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]{1,64}$/u;
const LABEL_ALLOWED = "1 to 64 characters, none of them a control character";
const SHOWN = ["total", "today", "both", "visitors"] as const;
type Show = (typeof SHOWN)[number];
/** The label of a badge that names none. */
const LABELS: Readonly<Record<Show, string>> = { total: "visits", today: "visits today", both: "visits", visitors: "visitors" };
const PIXEL_QUERY = v.object({ site: v.optional(text), page: v.optional(text), id: v.optional(id) });
const BADGE_QUERY = v.object({
  site: v.optional(text),
  page: v.optional(text, "/"),
  id: v.optional(id),
  label: v.optional(v.pipe(v.string(LABEL_ALLOWED), v.regex(LABEL, LABEL_ALLOWED))),
  color: v.optional(v.string(COLOR_ALLOWED), "blue"),
  count: v.optional(flag, "false"),
  show: v.optional(v.picklist(SHOWN, '"total", "today", "both" or "visitors"'), "total"),
  format: v.optional(v.picklist(FORMATS, '"full" or "short"'), "full"),
});

/** A pixel that counts: for pages without scripts. */
export function pixel({ count, config }: RouteDeps): Hono<Env> {
  return new Hono<Env>().use(embeddable).get("/", query(PIXEL_QUERY), async (c) => {
    const asked = c.req.valid("query");
    if (c.req.method !== "HEAD") await count(c, asked, sourceOf(c.req.raw.headers, asked.site, config), true);
    return pixelAnswer(c);
  });
}

/** Answers with a pixel, which no cache keeps. */
export function pixelAnswer(c: Context<Env>): Response {
  return c.body(GIF, 200, { "Content-Type": "image/gif" });
}

/** A badge with a page's numbers; with `count=true` it counts first. */
export function badge({ count, limitReads, store, sites, keys, today, config }: RouteDeps): Hono<Env> {
  return new Hono<Env>().use(embeddable).get("/", query(BADGE_QUERY), async (c) => {
    const asked = c.req.valid("query");
    const color = parseColor(asked.color);
    if (asked.show === "visitors" && config.visitors === "off")
      invalid("show", asked.show, '"total", "today" or "both", as VISITORS is off');
    const counts = asked.count === "true" && c.req.method !== "HEAD";
    const numbers = counts ? await count(c, asked, sourceOf(c.req.raw.headers, asked.site, config), true) : await read(c, asked);
    return c.body(renderBadge(asked.label ?? LABELS[asked.show], messageOf(numbers, asked), color), 200, {
      "Content-Type": "image/svg+xml; charset=utf-8",
      "Cache-Control": asked.count === "true" ? "no-cache, no-store" : "public, max-age=60",
    });
  });

  async function read(c: Context<Env>, asked: { site?: string | undefined; page: string }): Promise<Numbers> {
    const site = sites[(await keys.isAdmin(c)) ? "toAdminister" : "toRead"](asked.site, c.get("originSite"));
    const page = normalizePage(asked.page, site);
    const day = today();
    limitReads(c, 2);
    return totalsOf(site, page, await store.totals(site, [page], day), day);
  }
}

/** What a badge says on its right side. */
function messageOf({ visits, visitsToday, visitors = 0 }: Numbers, { show, format }: { show: Show; format: NumberFormat }): string {
  const write = (number: number): string => formatNumber(number, format);
  switch (show) {
    case "total":
      return write(visits);
    case "today":
      return write(visitsToday);
    case "both":
      return `${write(visitsToday)} / ${write(visits)}`;
    case "visitors":
      return write(visitors);
  }
}

/** The header that names the page around an image. Where that and `site` are missing, a default may be somebody else's site. */
function sourceOf(headers: Headers, site: string | undefined, { imagesNameSite }: AppConfig): string | null {
  const source = headers.get("Referer") || headers.get("Origin") || null;
  if (imagesNameSite && source === null && site === undefined) {
    throw new InvalidInput("site is missing, and no Referer names it; it is required where SITES has several and DEFAULT_SITE is not set.");
  }
  return source;
}

/** For openapi.json; no bundle has it. */
export function imagesDocs(): RouteDocs {
  return {
    "GET /v1/pixel": {
      operationId: "pixel",
      group: "Count",
      summary: "Count a visit with an image",
      description: "For pages without scripts: a transparent GIF of one pixel. The site is that of Referer where it is sent.",
      query: PIXEL_QUERY,
      answer: "image/gif",
      problems: COUNTING_PROBLEMS,
      idempotencyKey: "optional",
    },
    "GET /v1/badge": {
      operationId: "badge",
      group: "Count",
      summary: "Show a page's visits as a badge",
      description: "With count=true it counts a visit first, as the pixel does.",
      query: BADGE_QUERY,
      fields: {
        label: "The text on the badge's left side.",
        color: "The color of the badge's right side.",
        count: "Whether to count a visit first.",
        show: "All visits, today's, both (today's / all), or visitors, which need VISITORS=daily.",
        format: 'All digits, or about three and a letter, as in "1.2k".',
      },
      answer: "image/svg+xml",
      problems: COUNTING_PROBLEMS,
      idempotencyKey: "optional",
    },
  };
}
