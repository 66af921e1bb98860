import { isCrawlerAgent } from "./crawler-agents.ts";
import { memoize } from "./memo.ts";

/** Headers by which browsers say that a page is fetched before anyone asked for it. */
const PURPOSE_HEADERS = ["Sec-Purpose", "Purpose", "X-Purpose", "X-moz"];

/** Proxies that fetch images for readers, whom they hide: GitHub's, Google's and Yahoo's. */
const IMAGE_PROXY = /^github-camo\b|GoogleImageProxy|YahooMailProxy/;

const isCrawler = memoize(isCrawlerAgent);

/** Whether a proxy of images sent a request: a visit for a reader whom nobody can tell from its others. */
export function isImageProxy(headers: Headers): boolean {
  return IMAGE_PROXY.test(headers.get("User-Agent") ?? "");
}

/** Whether the client asks not to be told from others: https://www.w3.org/TR/gpc/ and the older `DNT`. */
export function asksForPrivacy(headers: Headers): boolean {
  return headers.get("Sec-GPC") === "1" || headers.get("DNT") === "1";
}

/**
 * Whether a request is no reader's: a crawler that runs scripts or loads images, or a prefetch. A plain API client is a client, and
 * counts.
 *
 * @param isFromPage it comes from a page: it has an `Origin`, or is an image's
 */
export function isCrawlerOrPrefetch(headers: Headers, isFromPage: boolean): boolean {
  if (PURPOSE_HEADERS.some((name) => headers.get(name)?.includes("prefetch"))) return true;
  if (isImageProxy(headers)) return false;
  return (isFromPage || headers.has("Sec-Fetch-Site")) && isCrawler(headers.get("User-Agent") ?? "");
}
