import type { Hono, MiddlewareHandler, NotFoundHandler } from "hono";
import { quote } from "../domain/invalid.ts";
import type { Env } from "./env.ts";
import { Problem } from "./problem.ts";

/** The longest URL, origin and query included, in bytes: a list of 100 pages fits, and so do Node's and Cloudflare's own limits. */
const MAX_URL_BYTES = 16 * 1_024;
/** What a preflight allows to send along. */
const ALLOWED_HEADERS = "Content-Type, Idempotency-Key, X-API-Key";
/** How long a browser may keep a preflight's answer. */
const PREFLIGHT_MAX_AGE_S = 86_400;
const METHODS = ["GET", "POST", "PUT", "DELETE"];

/** Refuses a URL that is too long with 414. */
export const limitUrl: MiddlewareHandler<Env> = function limitUrl(c, next) {
  if (c.req.url.length > MAX_URL_BYTES) {
    throw new Problem("uri-too-long", `The URL is too long; allowed are at most ${MAX_URL_BYTES} bytes.`);
  }
  return next();
};

/** Answers what no route does: preflights of known paths, 405 for their other methods, 404 for unknown paths. */
export function handleUnmatched(app: Pick<Hono<Env>, "router">): NotFoundHandler<Env> {
  return (c) => {
    const { method, path } = c.req;
    const methods = METHODS.filter((one) => hasRoute(app, one, path));
    if (methods.length === 0 || methods.includes(method === "HEAD" ? "GET" : method)) {
      throw new Problem("not-found", `The path is ${quote(path)}; /openapi.json lists all.`);
    }
    const allow = `${methods.join(", ").replace("GET", "GET, HEAD")}, OPTIONS`;
    if (method !== "OPTIONS") {
      throw new Problem("method-not-allowed", `The method is ${quote(method)}; allowed are ${allow}.`, { Allow: allow });
    }
    if (c.get("foreignOrigin")) c.header("Access-Control-Allow-Origin", "*");
    return c.body(null, 204, {
      Allow: allow,
      "Access-Control-Allow-Methods": allow,
      "Access-Control-Allow-Headers": ALLOWED_HEADERS,
      "Access-Control-Max-Age": String(PREFLIGHT_MAX_AGE_S),
    });
  };
}

/** Middleware is registered for all methods, a route for its own. */
function hasRoute({ router }: Pick<Hono<Env>, "router">, method: string, path: string): boolean {
  return router.match(method, path)[0].some(([[, route]]) => route.method === method);
}
