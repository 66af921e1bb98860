import { Hono } from "hono/tiny";
import * as v from "valibot";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { embeddable } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { COUNTING_PROBLEMS, type RouteDocs } from "../docs.ts";
import { badgeAnswer, full, startValue } from "./badge.ts";
import { parseKey } from "./seeyoufarm.ts";
import type { TakeoverDeps } from "./views.ts";

const QUERY = v.object({
  view: v.optional(text),
  label: v.optional(text),
  color: v.optional(text),
  extraCount: v.optional(text),
});

/** Only what begins like a host is hits.sh's; any other image is not there. */
const PATH = "/:address{[^/.]+\\.[^/]+(?:/.*)?\\.svg}";

/** hits.sh: `/HOST/PATH.svg`. */
export function hits({ viewKey }: TakeoverDeps): Hono<Env> {
  return new Hono<Env>().get(PATH, embeddable, query(QUERY), async (c) => {
    const asked = c.req.valid("query");
    const { page, pageToday } = await viewKey(c, parseKey(c.req.param("address").slice(0, -".svg".length), "path"), null);
    const total = full(page + startValue(asked.extraCount));
    const shown = asked.view === "today-total" ? `${full(pageToday)} / ${total}` : total;
    return badgeAnswer(c, shown, asked, { label: "hits", color: "4c1" });
  });
}

/** For openapi.json; no bundle has it. A gateway knows no part of a segment: it passes on whatever has a path of that depth. */
export function hitsDocs(): RouteDocs {
  const doc = {
    group: "Count",
    query: QUERY,
    fields: {
      view: "today-total shows today's count as well.",
      label: "The badge's left side.",
      color: "The badge's right color.",
      extraCount: "Is added to the number.",
    },
    answer: "image/svg+xml",
    problems: [...COUNTING_PROBLEMS, "not-found"],
  } as const;
  return {
    "GET /:name": { ...doc, operationId: "hitsHost", summary: "hits.sh: count a host's home page" },
    "GET /:host/:path{.+}": { ...doc, operationId: "hits", summary: "hits.sh: count a page" },
  };
}
