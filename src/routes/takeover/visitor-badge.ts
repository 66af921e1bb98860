import { Hono } from "hono/tiny";
import * as v from "valibot";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { embeddable } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { COUNTING_PROBLEMS, type RouteDocs } from "../docs.ts";
import { badgeAnswer, full } from "./badge.ts";
import { pageOfKey, type TakeoverDeps } from "./views.ts";

const QUERY = v.object({
  page_id: text,
  left_text: v.optional(text),
  right_color: v.optional(text),
  query_only: v.optional(text),
});

/** visitor-badge of jwenjian and laobi.icu: its key is any text, here a page of the default site. */
export function visitorBadge({ viewKey, readPage, sites }: TakeoverDeps): Hono<Env> {
  return new Hono<Env>().get("/badge", embeddable, query(QUERY), async (c) => {
    const asked = c.req.valid("query");
    const site = sites.toRead(undefined, null);
    const page = pageOfKey(asked.page_id, site, "page_id");
    const views = asked.query_only === "true" ? await readPage(c, site, page) : await viewKey(c, { page }, null);
    const shown = { label: asked.left_text, color: asked.right_color };
    return badgeAnswer(c, full(views.page), shown, { label: "visitors", color: "blue" });
  });
}

/** For openapi.json; no bundle has it. */
export function visitorBadgeDocs(): RouteDocs {
  return {
    "GET /badge": {
      operationId: "visitorBadge",
      group: "Count",
      summary: "visitor-badge: count and show a key of the default site",
      query: QUERY,
      fields: { page_id: "The key.", left_text: "The left side.", right_color: "The right side's color.", query_only: "true only reads." },
      answer: "image/svg+xml",
      problems: COUNTING_PROBLEMS,
    },
  };
}
