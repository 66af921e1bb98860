import type { MiddlewareHandler } from "hono";
import type { Env } from "../../http/env.ts";

/** Lets scripts send these headers too: preflights of this path name them beside the service's own. */
export function allowHeaders(...names: readonly string[]): MiddlewareHandler<Env> {
  return async function allowHeaders(c, next) {
    await next();
    if (c.req.method === "OPTIONS" && c.res.ok) c.header("Access-Control-Allow-Headers", names.join(", "), { append: true });
  };
}
