import { Hono } from "hono/tiny";
import * as v from "valibot";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { embeddable } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { formatNumber } from "../badge-svg.ts";
import { COUNTING_PROBLEMS, type RouteDocs } from "../docs.ts";
import { badgeAnswer, startValue, svgAnswer } from "./badge.ts";
import type { TakeoverDeps } from "./views.ts";

const NAME_ALLOWED = "a GitHub user's name";
const QUERY = v.object({
  username: v.pipe(v.string(NAME_ALLOWED), v.regex(/^[A-Za-z0-9-]{1,39}$/, NAME_ALLOWED)),
  style: v.optional(text),
  label: v.optional(text),
  color: v.optional(text),
  base: v.optional(text),
  abbreviated: v.optional(text),
});

/** Counts, and shows nothing. */
const PIXEL = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';

/** GitHub profile views of komarev.com: a user's page on github.com. */
export function komarev({ viewKey }: TakeoverDeps): Hono<Env> {
  return new Hono<Env>().get("/ghpvc", embeddable, query(QUERY), async (c) => {
    const { username, style, base, abbreviated, ...asked } = c.req.valid("query");
    const { page } = await viewKey(c, { site: "github.com", page: `/${username}` }, null);
    if (style === "pixel") return svgAnswer(c, PIXEL);
    const views = page + startValue(base);
    const shown = formatNumber(views, abbreviated === "true" ? "short" : "full");
    return badgeAnswer(c, shown, asked, { label: "Profile views", color: "blue" });
  });
}

/** For openapi.json; no bundle has it. */
export function komarevDocs(): RouteDocs {
  return {
    "GET /ghpvc": {
      operationId: "komarev",
      group: "Count",
      summary: "komarev.com: count and show a GitHub profile's views",
      query: QUERY,
      fields: {
        username: "The profile.",
        style: "pixel shows nothing.",
        label: "The left side.",
        color: "The right side's color.",
        base: "Added to what is shown.",
        abbreviated: "1.2k for 1,234.",
      },
      answer: "image/svg+xml",
      problems: COUNTING_PROBLEMS,
    },
  };
}
