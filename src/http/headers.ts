import type { MiddlewareHandler } from "hono";
import type { SitePolicy } from "../domain/site.ts";
import { siteOfUrl } from "../domain/site.ts";
import type { Env } from "./env.ts";
import { memoize } from "./memo.ts";
import { EXPOSED_HEADERS } from "./problem.ts";
import { requestIdOf } from "./trace.ts";

/** A year; browsers heed it over HTTPS alone. */
const HSTS = "max-age=31536000";
/** No answer but the dashboard is a document: none loads anything, or is shown in a frame. */
const NO_DOCUMENT = "default-src 'none'; frame-ancestors 'none'";

/**
 * Sets the headers that every answer has, errors included. Before `next()`: Hono then builds the answer once, where a change of
 * `c.res` afterwards would build it anew.
 */
export function commonHeaders(newId: () => string): MiddlewareHandler<Env> {
  return function commonHeaders(c, next) {
    const requestId = requestIdOf(c.req.raw.headers, newId);
    c.set("requestId", requestId);
    c.header("X-Request-Id", requestId);
    c.header("X-Content-Type-Options", "nosniff");
    c.header("Strict-Transport-Security", HSTS);
    c.header("Content-Security-Policy", NO_DOCUMENT);
    // Unless its route says otherwise.
    c.header("Cache-Control", "no-store");
    return next();
  };
}

/**
 * CORS: an answer is for the request's own origin, if its site may count. Hono's `cors` sets its headers after `next()`, and knows no
 * refusals that every origin may read.
 */
export function cors(allowed: SitePolicy): MiddlewareHandler<Env> {
  const siteOfOrigin = memoize(siteOfUrl);
  return function cors(c, next) {
    const origin = c.req.header("Origin") || null;
    const site = origin === null ? null : siteOfOrigin(origin);
    const foreign = origin !== null && (site === null || !allowed(site));
    c.set("originSite", site);
    c.set("foreignOrigin", foreign);
    c.header("Vary", "Origin");
    c.header("Access-Control-Expose-Headers", EXPOSED_HEADERS);
    if (!foreign) c.header("Access-Control-Allow-Origin", origin ?? "*");
    return next();
  };
}

/** Lets scripts of every origin read the answer. */
export const readableByAll: MiddlewareHandler<Env> = function readableByAll(c, next) {
  c.header("Access-Control-Allow-Origin", "*");
  return next();
};

/** Lets every page embed the answer, as an image or a script. */
export const embeddable: MiddlewareHandler<Env> = function embeddable(c, next) {
  c.header("Access-Control-Allow-Origin", "*");
  c.header("Cross-Origin-Resource-Policy", "cross-origin");
  return next();
};
