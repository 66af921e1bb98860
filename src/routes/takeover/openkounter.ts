import { Hono } from "hono/tiny";
import * as v from "valibot";
import { json } from "../../http/body.ts";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { readableByAll } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { COUNTING_PROBLEMS, object, type RouteDocs } from "../docs.ts";
import { isSite, parseTarget, readTargets, TARGET } from "./targets.ts";
import type { TakeoverDeps } from "./views.ts";

/** The most targets in one batch: Fluid sends three. */
const MAX_REQUESTS = 10;
const READ = v.object({ target: text });
const ACTION_ALLOWED = '{"action":"inc","target":"/page/"} or {"action":"batch_inc","requests":[{"target":"/page/"}]}';
const INCREMENT = v.variant(
  "action",
  [
    v.object({ action: v.literal("inc"), target: TARGET }),
    v.object({
      action: v.literal("batch_inc"),
      requests: v.pipe(v.array(v.object({ target: TARGET }), "an array"), v.maxLength(MAX_REQUESTS, `at most ${MAX_REQUESTS} requests`)),
    }),
  ],
  ACTION_ALLOWED,
);

/** OpenKounter of github.com/Mintimate/open-kounter, which Fluid can use. */
export function openkounter({ view, read, sites, http1 }: TakeoverDeps): Hono<Env> {
  const app = new Hono<Env>();

  app.get("/api/counter", readableByAll, query(READ), async (c) => {
    const { target } = c.req.valid("query");
    const site = sites.toRead(undefined, c.get("originSite"));
    const [time] = await readTargets(read, c, site, [parseTarget(target, site)]);
    return c.json({ code: 0, data: { time, target, created_at: null, updated_at: null } }, 200, { "Cache-Control": "no-cache" });
  });

  app.post("/api/counter", json(INCREMENT, { http1 }), async (c) => {
    const asked = c.req.valid("json");
    const sent = asked.action === "inc" ? [asked] : asked.requests;
    const origin = c.req.header("Origin") || null;
    const site = sites.toCount(undefined, origin);
    // All are checked before the first one counts.
    const targets = sent.map(({ target }) => parseTarget(target, site));
    await Promise.all(targets.filter((target) => !isSite(target)).map((page) => view(c, { page }, origin)));
    const times = await readTargets(read, c, site, targets);
    const data = sent.map(({ target }, index) => ({ time: times[index], target }));
    return c.json({ code: 0, data: asked.action === "inc" ? data[0] : data });
  });

  return app;
}

/** For openapi.json; no bundle has it. */
export function openkounterDocs(): RouteDocs {
  const data = { type: ["object", "array"] };
  return {
    "GET /api/counter": {
      operationId: "openkounterRead",
      group: "Read",
      summary: "OpenKounter: read a page",
      query: READ,
      fields: { target: "The page, or site-pv or site-uv." },
      answer: object({ code: { type: "integer" }, data }),
      problems: ["site-not-allowed"],
    },
    "POST /api/counter": {
      operationId: "openkounter",
      group: "Count",
      summary: "OpenKounter: count one page, or several",
      description: `The body is ${ACTION_ALLOWED}.`,
      answer: object({ code: { type: "integer" }, data }),
      problems: [...COUNTING_PROBLEMS, "too-large", "unsupported-media-type"],
    },
  };
}
