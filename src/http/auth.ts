import type { Context, MiddlewareHandler } from "hono";
import { timingSafeEqual } from "hono/utils/buffer";
import { allowSites, type SitePolicy } from "../domain/site.ts";
import type { AppConfig } from "./config.ts";
import type { Env } from "./env.ts";
import { Problem } from "./problem.ts";

/** The middleware that asks for the API key. */
export interface KeyChecks {
  /** For what changes numbers: always with `ADMIN_KEY`. */
  readonly admin: MiddlewareHandler<Env>;
  /** For lists and series: with a key, unless something is public. Says which sites may be read: see {@link checkReadable}. */
  readonly stats: MiddlewareHandler<Env>;
  /** Whether the request has the `ADMIN_KEY`. */
  isAdmin(c: Context<Env>): Promise<boolean>;
}

const ADMIN_ALLOWED = "the service's ADMIN_KEY";
const STATS_ALLOWED = "the service's ADMIN_KEY, or a STATS_KEY of the site";

/** Hono's `bearerAuth` refuses keys outside of an alphabet of its own with 400, and knows no problem documents. */
export function createKeyChecks(config: Pick<AppConfig, "adminKey" | "publicStats" | "statsKeys">): KeyChecks {
  const { adminKey, publicStats, statsKeys } = config;
  const isPublic = allowSites(publicStats);

  const isAdmin: KeyChecks["isAdmin"] = async (c) => {
    const given = c.req.header("X-API-Key");
    return given !== undefined && adminKey !== null && (await timingSafeEqual(given, adminKey));
  };

  const admin: MiddlewareHandler<Env> = async (c, next) => {
    if (adminKey === null) throw administrationOff();
    if (!(await isAdmin(c))) throw unauthorized(c, ADMIN_ALLOWED);
    await next();
  };

  /** The sites that a key opens; `null` where there is no such key. Every key is compared, each in constant time: by digests. */
  async function sitesOf(given: string): Promise<SitePolicy | null> {
    let sites: "*" | readonly string[] = [];
    for (const { key, site } of [{ key: adminKey, site: null }, ...statsKeys]) {
      if (key === null || !(await timingSafeEqual(given, key)) || sites === "*") continue;
      sites = site === null ? "*" : [...sites, site];
    }
    return sites.length > 0 ? allowSites(sites) : null;
  }

  const stats: MiddlewareHandler<Env> = async (c, next) => {
    const given = c.req.header("X-API-Key");
    const nothingPublic = publicStats !== "*" && publicStats.length === 0;
    if (nothingPublic && adminKey === null && statsKeys.length === 0) throw administrationOff();
    const ofKey = publicStats === "*" || given === undefined ? null : await sitesOf(given);
    if (nothingPublic && ofKey === null) throw unauthorized(c, STATS_ALLOWED);
    const mayRead: SitePolicy = (site) => isPublic(site) || ofKey?.(site) === true;
    // Who gives a key that is none is told so, before they miss their own sites.
    const listed = publicStats === "*" || given === undefined ? isPublic : ofKey;
    c.set("reads", { mayRead, listed });
    await next();
  };

  return { admin, stats, isAdmin };
}

/** Throws 401 where the request may not read the lists and series of a site. */
export function checkReadable(c: Context<Env>, site: string): void {
  if (!c.get("reads").mayRead(site)) throw unauthorized(c, STATS_ALLOWED);
}

/** The sites that the request's key opens, or without one the public ones. Throws 401 where the key is wrong. */
export function listedSites(c: Context<Env>): SitePolicy {
  const { listed } = c.get("reads");
  if (listed === null) throw unauthorized(c, STATS_ALLOWED);
  return listed;
}

function administrationOff(): Problem {
  return new Problem("administration-off", "X-API-Key is needed, and the service's ADMIN_KEY is not set.");
}

function unauthorized(c: Context<Env>, allowed: string): Problem {
  const detail = `X-API-Key is ${c.req.header("X-API-Key") === undefined ? "missing" : "wrong"}; allowed is ${allowed}.`;
  return new Problem("unauthorized", detail, { "WWW-Authenticate": 'ApiKey header="X-API-Key"' });
}
