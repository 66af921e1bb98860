import { quote } from "../domain/invalid.ts";
import { parseSite } from "../domain/site.ts";
import type { Exchange } from "./exchange.ts";
import { Problem } from "./problem.ts";

/** The site that is read or administered: the request's, else `Origin`'s, else the default. */
export function siteToRead(exchange: Exchange, requested: string | undefined): string {
  const { originSite, shared } = exchange;
  return allowed(exchange, requested === undefined ? (originSite ?? shared.config.defaultSite) : parseSite(requested));
}

/**
 * The site that a visit counts for: that of the page that the browser names, which a script cannot forge; else the request's, else the
 * default.
 *
 * @param source the `Origin` or `Referer` header
 */
export function siteToCount(exchange: Exchange, source: string | null, requested: string | undefined): string {
  const site = requested === undefined ? null : parseSite(requested);
  if (!source) return allowed(exchange, site ?? exchange.shared.config.defaultSite);
  const counted = exchange.shared.siteOfUrl(source);
  if (counted === null) refuse(source);
  allowed(exchange, counted);
  if (site !== null && site !== counted) {
    throw new Problem("site-mismatch", `site is ${quote(site)}; allowed is ${quote(counted)}, from where the request comes.`);
  }
  return counted;
}

function allowed(exchange: Exchange, site: string): string {
  return exchange.shared.allowed(site) ? site : refuse(site);
}

function refuse(site: string): never {
  throw new Problem("site-not-allowed", `site is ${quote(site)}; allowed is one that is in the service's SITES.`);
}
