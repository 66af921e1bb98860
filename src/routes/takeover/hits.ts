import { Hono } from "hono/tiny";
import * as v from "valibot";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { embeddable } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { badgeAnswer, full, startValue } from "./badge.ts";
import { parseKey } from "./seeyoufarm.ts";
import type { TakeoverDeps } from "./views.ts";

const QUERY = v.object({
  view: v.optional(text),
  label: v.optional(text),
  color: v.optional(text),
  extraCount: v.optional(text),
});

/** hits.sh: `/HOST/PATH.svg`. No gateway can route it, as a pattern of its own takes whole segments alone. */
export function hits({ viewKey }: TakeoverDeps): Hono<Env> {
  return new Hono<Env>().get("/:address{.+\\.svg}", embeddable, query(QUERY), async (c) => {
    const asked = c.req.valid("query");
    const { page, pageToday } = await viewKey(c, parseKey(c.req.param("address").slice(0, -".svg".length), "path"), null);
    const total = full(page + startValue(asked.extraCount));
    const shown = asked.view === "today-total" ? `${full(pageToday)} / ${total}` : total;
    return badgeAnswer(c, shown, asked, { label: "hits", color: "4c1" });
  });
}
