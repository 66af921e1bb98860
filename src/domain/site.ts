import { invalid } from "./invalid.ts";

/** The longest host name that DNS knows, in bytes. */
const MAX_SITE_BYTES = 253;

/**
 * The site that a host belongs to: lower case, as WHATWG URLs write it (punycode), without port, final dot and one leading `www.`.
 * `null` where it is no host.
 */
export function siteOfHost(host: string): string | null {
  const url = /[/\\?#@\s]/.test(host) ? null : URL.parse(`http://${host}`);
  if (url?.pathname !== "/") return null;
  const name = url.hostname.replace(/\.$/, "");
  const site = name.startsWith("www.") && name.length > 4 ? name.slice(4) : name;
  // Datastore keeps names that begin so for itself, and DNS knows none.
  return site && site.length <= MAX_SITE_BYTES && !site.startsWith("__") ? site : null;
}

/** An http(s) URL; `null` where the text is none. */
export function parseHttpUrl(text: string): URL | null {
  const url = URL.parse(text);
  return url?.protocol === "https:" || url?.protocol === "http:" ? url : null;
}

/** The site of an `Origin` or `Referer` header; `null` for `null`, another scheme than http(s), or no URL. */
export function siteOfUrl(text: string): string | null {
  const url = parseHttpUrl(text);
  return url && siteOfHost(url.hostname);
}

/** The site that a request names, or a 400 that says what is allowed. */
export function parseSite(text: string): string {
  return siteOfHost(text) ?? invalid("site", text, `a host name of at most ${MAX_SITE_BYTES} bytes such as "example.com"`);
}

/** Says whether a site may count: it is in `SITES`, or `SITES` is `*`. */
export type SitePolicy = (site: string) => boolean;

/** The policy for a list of sites; `"*"` allows every one. */
export function allowSites(sites: "*" | readonly string[]): SitePolicy {
  if (sites === "*") return () => true;
  const allowed = new Set(sites);
  return (site) => allowed.has(site);
}
