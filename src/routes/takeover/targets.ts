import type { Context } from "hono";
import * as v from "valibot";
import { normalizePage } from "../../domain/page.ts";
import type { Env } from "../../http/env.ts";
import type { ReadViews, Views } from "./views.ts";

/** What LeanCloud's and OpenKounter's clients count: a page, by its normal name, or the site as a whole. */
export type Target = string;

const TARGET_ALLOWED = 'a page such as "/blog"';

/** The site's totals follow from its pages', so that these are read and never counted. */
const SITE: Readonly<Record<string, (views: Views) => number>> = {
  "site-pv": ({ site }) => site,
  "site-uv": ({ siteVisitors }) => siteVisitors,
};

/** How a client names a target that it counts; no text at all is not the home page. */
export const TARGET = v.pipe(v.string(TARGET_ALLOWED), v.regex(/\S/, TARGET_ALLOWED));

/** The target that a client names: `site-pv`, `site-uv`, a path or a URL, percent-encoded or not. */
export function parseTarget(text: string, site: string): Target {
  return isSite(text) ? text : normalizePage(text, site);
}

/** Whether it is the site; no page's name is like these, as all begin with a slash. */
export function isSite(target: Target): boolean {
  return Object.hasOwn(SITE, target);
}

/** The numbers of targets, in one snapshot and in their order. */
export async function readTargets(read: ReadViews, c: Context<Env>, site: string, targets: readonly Target[]): Promise<number[]> {
  const pages = [...new Set(targets.filter((target) => !isSite(target)))];
  const views = await read(c, site, pages);
  return targets.map((target) => {
    const ofSite = SITE[target];
    const found = views[Math.max(0, pages.indexOf(target))];
    return found ? (ofSite ?? (({ page }: Views) => page))(found) : 0;
  });
}
