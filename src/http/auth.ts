import type { MiddlewareHandler } from "hono";
import { timingSafeEqual } from "hono/utils/buffer";
import type { Env } from "./env.ts";
import { Problem } from "./problem.ts";

/** The middleware that asks for the API key. */
export interface KeyChecks {
  /** For what changes numbers: always with the key. */
  readonly admin: MiddlewareHandler<Env>;
  /** For lists and series: with the key, unless `PUBLIC_STATS` is set. */
  readonly stats: MiddlewareHandler<Env>;
}

/** Hono's `bearerAuth` refuses keys outside of an alphabet of its own with 400, and knows no problem documents. */
export function createKeyChecks(config: { adminKey: string | null; publicStats: boolean }): KeyChecks {
  const { adminKey, publicStats } = config;

  const admin: MiddlewareHandler<Env> = async (c, next) => {
    if (adminKey === null) {
      throw new Problem("administration-off", "X-API-Key is needed, and the service's ADMIN_KEY is not set.");
    }
    const given = c.req.header("X-API-Key");
    // In constant time: it compares digests.
    if (given === undefined || !(await timingSafeEqual(given, adminKey))) {
      const detail = `X-API-Key is ${given === undefined ? "missing" : "wrong"}; allowed is the service's ADMIN_KEY.`;
      throw new Problem("unauthorized", detail, { "WWW-Authenticate": 'ApiKey header="X-API-Key"' });
    }
    await next();
  };

  return { admin, stats: publicStats ? (_, next) => next() : admin };
}
