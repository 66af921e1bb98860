import { isbot } from "isbot";
import { memoize } from "./memo.ts";

/** API clients that isbot takes for crawlers. */
const API_CLIENT = /^(curl|node|undici|wget|python)/i;
/** Headers by which browsers say that a page is fetched before anyone asked for it. */
const PURPOSE_HEADERS = ["Sec-Purpose", "Purpose", "X-Purpose", "X-moz"];

const isCrawler = memoize((agent) => !API_CLIENT.test(agent) && isbot(agent));

/**
 * Whether a request is no reader's: a crawler that runs scripts or loads images, or a prefetch. A plain API client is a client, and
 * counts.
 *
 * @param isFromPage it comes from a page: it has an `Origin`, or is an image's
 */
export function isCrawlerOrPrefetch(headers: Headers, isFromPage: boolean): boolean {
  if (PURPOSE_HEADERS.some((name) => headers.get(name)?.includes("prefetch"))) return true;
  return (isFromPage || headers.has("Sec-Fetch-Site")) && isCrawler(headers.get("User-Agent") ?? "");
}
