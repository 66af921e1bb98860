import type { Context } from "hono";
import { invalid } from "../../domain/invalid.ts";
import type { Numbers } from "../../domain/numbers.ts";
import { normalizePage } from "../../domain/page.ts";
import { siteOfUrl } from "../../domain/site.ts";
import type { Env } from "../../http/env.ts";
import type { CountVisit } from "../counting.ts";
import type { RouteDeps } from "../deps.ts";
import { totalsOf } from "../totals.ts";

/** What other counters show of a page and its site. Where visitors are not estimated, theirs are the views. */
export interface Views {
  readonly page: number;
  readonly site: number;
  readonly pageVisitors: number;
  readonly siteVisitors: number;
  readonly pageToday: number;
}

/** Reads what is shown of each page, in one snapshot; of no page, the site's numbers alone are right. */
export type ReadViews = (c: Context<Env>, site: string, pages: readonly string[]) => Promise<readonly Views[]>;

/** Reads what is shown of one page, however its path is written. */
export type ReadPage = (c: Context<Env>, site: string, page: string) => Promise<Views>;

/**
 * Counts a view, unless the request is a HEAD, and answers what is shown after it.
 *
 * @param source the header that names the page's site; `null` without one
 * @param isFromPage a browser's page sends it, not an API client; by default it does
 */
export type CountView = (
  c: Context<Env>,
  view: { site?: string; page: string },
  source: string | null,
  isFromPage?: boolean,
) => Promise<Views & { readonly counted: boolean }>;

/** What routes of other counters are given, beside what the service's own are. */
export interface TakeoverDeps extends RouteDeps {
  readonly read: ReadViews;
  readonly readPage: ReadPage;
  /** Counts a page of which a script or an image tells. */
  readonly view: CountView;
  /** Counts a key that anybody can make up: new ones have a budget of their own. */
  readonly viewKey: CountView;
}

function viewsOf({ visits, siteVisits, visitors = visits, siteVisitors = siteVisits, visitsToday }: Numbers): Views {
  return { page: visits, site: siteVisits, pageVisitors: visitors, siteVisitors, pageToday: visitsToday };
}

export function createReadViews({ store, limitReads, today }: Pick<RouteDeps, "store" | "limitReads" | "today">): ReadViews {
  return async (c, site, pages) => {
    const names = pages.length > 0 ? pages : ["/"];
    limitReads(c, 1 + names.length);
    const day = today();
    const totals = await store.totals(site, names, day);
    return names.map((page, index) => viewsOf(totalsOf(site, page, { ...totals, pages: totals.pages.slice(index) }, day)));
  };
}

export function createReadPage(read: ReadViews): ReadPage {
  return async (c, site, page) => {
    const [views] = await read(c, site, [normalizePage(page, site)]);
    return views ?? { page: 0, site: 0, pageVisitors: 0, siteVisitors: 0, pageToday: 0 };
  };
}

export function createCountView(count: CountVisit, { sites }: RouteDeps, readPage: ReadPage): CountView {
  return async (c, view, source, isFromPage = true) => {
    if (c.req.method !== "HEAD") {
      const counted = await count(c, view, source, isFromPage);
      return { ...viewsOf(counted), counted: counted.counted };
    }
    return { ...(await readPage(c, sites.toCount(view.site, source), view.page)), counted: false };
  };
}

/** The page of a badge's key, which may be any text: no part of it is a query, and none is the home page, which is somebody else's. */
export function pageOfKey(key: string, site: string, field: string): string {
  const page = normalizePage(`/${key.replace(/[?#]/g, encodeURIComponent)}`, site);
  return page === "/" ? invalid(field, key, "a key of the badge's own") : page;
}

/** The URL that a client names its page by; a text that is none is no page. */
export function pageUrl(text: string | undefined, field = "url"): string {
  return text !== undefined && siteOfUrl(text) !== null ? text : invalid(field, text, 'a URL such as "https://example.com/blog"');
}

/** The header that names the page that a script or an image belongs to. */
export function sourceOf(c: Context<Env>): string | null {
  return c.req.header("Origin") || c.req.header("Referer") || null;
}
