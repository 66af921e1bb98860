import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { toBase64Url } from "../../base64.ts";
import { InvalidInput, invalid } from "../../domain/invalid.ts";
import { json, readText } from "../../http/body.ts";
import type { Env } from "../../http/env.ts";
import { readableByAll } from "../../http/headers.ts";
import { check, query } from "../../http/validate.ts";
import { parseObject } from "../../json.ts";
import { ANSWERS, COUNTING_PROBLEMS, list, object, type RouteDocs } from "../docs.ts";
import { allowHeaders } from "./cors.ts";
import { BATCH, CLASS, CREATE, FIND, MAX_BATCH_BYTES, MAX_REQUESTS, UPDATE, WHERE, WHERE_ALLOWED } from "./leancloud-forms.ts";
import { isSite, parseTarget, readTargets, type Target } from "./targets.ts";
import type { TakeoverDeps, Views } from "./views.ts";

/** The class `Counter` of LeanCloud's data storage, which counts the pages of NexT, Fluid and Valine. */
export function leancloud({ view, read, sites, http1, now }: TakeoverDeps): Hono<Env> {
  const app = new Hono<Env>();
  const headers = allowHeaders("X-LC-Id", "X-LC-Key", "X-LC-Sign", "X-LC-UA", "X-LC-Prod", "X-LC-Session");
  app.use(`${CLASS}/*`, headers);
  app.use("/1.1/batch", headers);

  app.get(CLASS, readableByAll, query(FIND), async (c) => {
    return c.json(await find(c, parseObject(c.req.valid("query").where)), 200, { "Cache-Control": "no-cache" });
  });

  app.post(CLASS, json(CREATE, { http1 }), async (c) => {
    const { url, target = url, time } = c.req.valid("json");
    if (target === undefined) throw new InvalidInput("url is missing; it or target is required.");
    const id = parseTarget(target, siteToCount(c));
    if (time === 1 && !isSite(id)) await countPage(c, id);
    return c.json({ objectId: toBase64Url(id), createdAt: timestamp() }, 201);
  });

  app.put(`${CLASS}/:id`, json(UPDATE, { http1 }), async (c) => {
    return c.json(await increment(c, c.req.param("id")));
  });

  app.post("/1.1/batch", async (c) => {
    const body = await readText(c.req.raw, MAX_BATCH_BYTES, { http1 });
    const { requests } = check(BATCH, parseObject(body) ?? invalid("body", body, "a JSON object"));
    // All are checked before the first one counts.
    const works = requests.map(({ method, path, body, params }) => {
      if (method === "GET") return () => find(c, params?.where);
      check(UPDATE, body);
      const id = path.slice(CLASS.length + 1);
      decodeId(id, siteToCount(c));
      return () => increment(c, id);
    });
    const done = await Promise.all(works.map(async (work) => ({ success: await work() })));
    return c.json(done);
  });

  /** The counters that a query finds, each with the name that the query has for it. A page that was never visited has none. */
  async function find(c: Context<Env>, where: unknown): Promise<{ results: object[] }> {
    const asked = check(WHERE, typeof where === "string" ? parseObject(where) : where, "where");
    const [field, sent] = "url" in asked ? (["url", asked.url] as const) : (["target", asked.target] as const);
    const site = sites.toRead(undefined, c.get("originSite"));
    const targets = sent.map((name) => parseTarget(name, site));
    const times = await readTargets(read, c, site, targets);
    const results = targets.flatMap((target, index) => {
      const time = times[index] ?? 0;
      return time > 0 || isSite(target) ? [{ objectId: toBase64Url(target), [field]: sent[index], time }] : [];
    });
    return { results };
  }

  /** Counts a page, and answers its new total as well: the SDK shows it. The site's numbers follow from its pages'. */
  async function increment(c: Context<Env>, id: string): Promise<object> {
    const target = decodeId(id, siteToCount(c));
    const counted = isSite(target) ? {} : { time: (await countPage(c, target)).page };
    return { objectId: id, updatedAt: timestamp(), ...counted };
  }

  function countPage(c: Context<Env>, page: Target): Promise<Views> {
    return view(c, { page }, c.req.header("Origin") || null);
  }

  function siteToCount(c: Context<Env>): string {
    return sites.toCount(undefined, c.req.header("Origin") || null);
  }

  function timestamp(): string {
    return new Date(now()).toISOString();
  }

  return app;
}

/** The target that an `objectId` of ours stands for. */
function decodeId(id: string, site: string): Target {
  try {
    const target = atob(id.replaceAll("-", "+").replaceAll("_", "/"));
    if (parseTarget(target, site) === target && toBase64Url(target) === id) return target;
  } catch {
    // Neither base64url nor a page: refused below, in the same words.
  }
  invalid("objectId", id, "the objectId of an earlier answer");
}

/** For openapi.json; no bundle has it. */
export function leancloudDocs(): RouteDocs {
  const objectId = { type: "string" };
  const time = { type: "string", format: "date-time" };
  const bodyProblems = [...COUNTING_PROBLEMS, "too-large", "unsupported-media-type"] as const;
  const fields = {
    where: WHERE_ALLOWED,
    url: "The page, as NexT and Valine call it.",
    target: "The page, or site-pv or site-uv, as Fluid calls it.",
    time: "How many visits.",
  };
  return {
    [`GET ${CLASS}`]: {
      operationId: "leancloudFind",
      group: "Read",
      summary: "LeanCloud: read pages",
      query: FIND,
      fields,
      answer: object({ results: list(object({ objectId, time: ANSWERS.visits })) }),
      problems: ["site-not-allowed"],
    },
    [`POST ${CLASS}`]: {
      operationId: "leancloudCreate",
      group: "Count",
      summary: "LeanCloud: count the first visit of a page",
      body: { schema: CREATE },
      fields,
      answer: object({ objectId, createdAt: time }),
      problems: bodyProblems,
    },
    [`PUT ${CLASS}/:id`]: {
      operationId: "leancloudIncrement",
      group: "Count",
      summary: "LeanCloud: count a visit",
      body: { schema: UPDATE },
      fields,
      answer: object({ objectId, updatedAt: time, time: ANSWERS.visits }, "time"),
      problems: bodyProblems,
    },
    "POST /1.1/batch": {
      operationId: "leancloudBatch",
      group: "Count",
      summary: "LeanCloud: several of these at once",
      body: { schema: BATCH },
      fields: { requests: `At most ${MAX_REQUESTS} requests.` },
      answer: list(object({ success: { type: "object" } })),
      problems: bodyProblems,
    },
  };
}
