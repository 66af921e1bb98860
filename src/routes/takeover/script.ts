import type { Handler } from "hono";
import { Hono } from "hono/tiny";
import type { Env } from "../../http/env.ts";
import { embeddable } from "../../http/headers.ts";
import { revalidation } from "../../http/revalidation.ts";
import type { RouteDeps } from "../deps.ts";
import type { RouteDoc, RouteDocs } from "../docs.ts";

/** The script of our own that stands for those of other counters; src/web/takeover/ has its source. */
const SCRIPT = "/takeover.js";
/** How long browsers keep it, and the way to it, in seconds. */
const CACHE = "public, max-age=3600";

/** The script itself. */
export function script({ assets }: RouteDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.use(SCRIPT, embeddable);
  app.get(
    SCRIPT,
    (c, next) => {
      c.header("Cache-Control", CACHE);
      return next();
    },
    revalidation,
    assets,
  );
  return app;
}

/** Answers at the paths where other counters have their scripts: a browser then runs ours. */
export function scriptsAt(...paths: readonly string[]): Hono<Env> {
  const app = new Hono<Env>();
  const toScript: Handler<Env> = (c) => c.body(null, 302, { Location: SCRIPT, "Cache-Control": CACHE });
  for (const path of paths) app.get(path, embeddable, toScript);
  return app;
}

/** For openapi.json: the paths of another counter's script. No bundle has it. */
export function scriptDocs(counter: string, paths: readonly string[]): RouteDocs {
  const docs = paths.map((path, index) => {
    const operationId = `${counter}Script${index === 0 ? "" : index + 1}`;
    const doc: RouteDoc = {
      operationId,
      group: "Pages",
      summary: `The script, at ${counter}'s path`,
      answer: "text/javascript",
      problems: [],
    };
    return [`GET ${path}`, doc];
  });
  return Object.fromEntries(docs);
}
