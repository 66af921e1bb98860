import type { MiddlewareHandler } from "hono";
import type { StatusCode } from "hono/utils/http-status";
import type { Env } from "../../http/env.ts";

/** Serves the static assets that were deployed with the worker: https://developers.cloudflare.com/workers/static-assets/binding/ */
export function serveAssets(binding: Fetcher | undefined): MiddlewareHandler<Env> {
  return async function serveAssets(c, next) {
    const found = await binding?.fetch(c.req.raw);
    if (!found || (!found.ok && found.status !== 304)) return next();
    for (const name of ["Content-Type", "ETag"]) {
      const value = found.headers.get(name);
      if (value !== null) c.header(name, value);
    }
    return c.newResponse(found.body, found.status as StatusCode);
  };
}
