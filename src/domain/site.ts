import { invalid } from "./invalid.ts";

/** The longest host name in DNS, in bytes. */
const MAX_SITE_BYTES = 253;
/** A longer text is no host, however it is written: writing it in punycode takes time that grows with the square of its letters. */
export const MAX_HOST_LENGTH = 3 * MAX_SITE_BYTES;
/** What stands before a URL's host, and the host, with a user and a port. */
const AUTHORITY = /^[^:]*:[/\\\s]*([^/\\?#]*)/;

/**
 * The site of a host: lower case, as WHATWG URLs write it (punycode), without port, final dot and leading `www.`; `null` where the text
 * is no host. Normalising twice is normalising once.
 */
export function siteOfHost(host: string): string | null {
  const url = host.length > MAX_HOST_LENGTH || /[/\\?#@\s]/.test(host) ? null : URL.parse(`http://${host}`);
  if (url?.pathname !== "/") return null;
  const site = url.hostname.replace(/\.$/, "").replace(/^(?:www\.)+(?=.)/, "");
  if (site.length > MAX_SITE_BYTES || site.split(".").includes("")) return null;
  // Datastore reserves names that begin so, and DNS has none.
  return site.startsWith("__") ? null : site;
}

/** An http(s) URL; `null` where the text is none, or its host is too long for one. */
export function parseHttpUrl(text: string): URL | null {
  const [, authority = ""] = AUTHORITY.exec(text) ?? [];
  const url = authority.length > MAX_HOST_LENGTH ? null : URL.parse(text);
  return url?.protocol === "https:" || url?.protocol === "http:" ? url : null;
}

/** The site of an `Origin` or `Referer` header; `null` for `null`, a scheme other than http(s), or no URL. */
export function siteOfUrl(text: string): string | null {
  const url = parseHttpUrl(text);
  return url && siteOfHost(url.hostname);
}

/** The site that a request names; throws `InvalidInput` where it is no host. */
export function parseSite(text: string): string {
  return siteOfHost(text) ?? invalid("site", text, `a host name of at most ${MAX_SITE_BYTES} bytes such as "example.com"`);
}

/** Whether a site may count. */
export type SitePolicy = (site: string) => boolean;

/** A policy that allows the given sites; `"*"` allows every one. */
export function allowSites(sites: "*" | readonly string[]): SitePolicy {
  if (sites === "*") return () => true;
  const allowed = new Set(sites);
  return (site) => allowed.has(site);
}
