import type { Context } from "hono";
import type { DayClock } from "../domain/day.ts";
import { quote } from "../domain/invalid.ts";
import { guardNewPages, NEW_SITES_BURST, NEW_SITES_PER_HOUR } from "../domain/new-pages.ts";
import { normalizePage } from "../domain/page.ts";
import { compilePatterns } from "../domain/page-patterns.ts";
import type { Visitor } from "../domain/visitors/visitor.ts";
import type { ClientAddress } from "../http/client-address.ts";
import { asksForPrivacy, isCrawlerOrPrefetch, isImageProxy } from "../http/crawlers.ts";
import type { Deps } from "../http/deps.ts";
import type { Env } from "../http/env.ts";
import { visitId } from "../http/idempotency.ts";
import { Problem } from "../http/problem.ts";
import { createRateLimit } from "../http/rate-limit.ts";
import type { LimitReads } from "../http/read-limit.ts";
import type { SiteChoice } from "../http/site.ts";
import { type PageTotals, totalsOf } from "./totals.ts";

/** What a counting answer says, in this order. */
interface Counted extends PageTotals {
  readonly counted: boolean;
  readonly reason?: "duplicate" | "bot";
}

/** What a request asks to count. */
interface CountRequest {
  readonly site?: string | undefined;
  readonly page?: string | undefined;
  readonly id?: string | undefined;
}

/**
 * Counts a visit, or throws why it is refused. Every route that counts goes through it.
 *
 * @param source the header that names the page's site: `Origin`, or an image's `Referer`; `null` without one
 * @param isFromPage a browser's page sends it, not an API client
 */
export type CountVisit = (c: Context<Env>, request: CountRequest, source: string | null, isFromPage: boolean) => Promise<Counted>;

export function createCounting(
  deps: Deps & { readonly addressOf: ClientAddress; readonly limitReads: LimitReads },
  sites: SiteChoice,
  today: DayClock,
): CountVisit {
  const { store, recorder, config, now, keepAlive, meter, identify, addressOf, limitReads } = deps;
  const record = guardNewPages({
    recorder,
    store,
    burst: config.newPagesBurst,
    perHour: config.newPagesPerHour,
    anySite: config.sites === "*",
    now,
  });
  const limitRate = createRateLimit({ addressOf, perMinute: config.visitsPerMinute, what: "visits come", now });
  const isCountable = config.pages && compilePatterns(config.pages);

  function answer(totals: PageTotals, status: "counted" | "duplicate" | "bot"): Counted {
    meter.add(status);
    return status === "counted" ? { ...totals, counted: true } : { ...totals, counted: false, reason: status };
  }

  /** Who sent a visit, as far as it is kept: `null` where nobody knows, or the client does not want it. */
  async function visitorOfRequest(c: Context<Env>, site: string, page: string, day: string): Promise<Visitor | null> {
    const { headers } = c.req.raw;
    const address = identify && !asksForPrivacy(headers) && !isImageProxy(headers) ? addressOf(c) : null;
    if (!identify || address === null) return null;
    const identifyOn = await identify(site, day);
    return identifyOn(site, page, { address, userAgent: headers.get("User-Agent") ?? "" });
  }

  return async (c, request, source, isFromPage) => {
    const { headers } = c.req.raw;
    limitRate(c);
    const site = sites.toCount(request.site, source);
    const page = normalizePage(request.page ?? "/", site);
    const id = visitId(c, request.id);
    if (isCountable && !isCountable(page)) {
      throw new Problem("page-not-allowed", `page is ${quote(page)}; allowed is one that fits the service's PAGES.`);
    }
    const day = today();
    if (isCrawlerOrPrefetch(headers, isFromPage)) {
      // It counts nothing: it is a read, of a page and its site.
      limitReads(c, 2);
      return answer(totalsOf(site, page, await store.totals(site, [page], day), day), "bot");
    }
    const work = record(site, { page, day, id }, () => visitorOfRequest(c, site, page, day));
    keepAlive(work, c);
    const outcome = await work;
    switch (outcome.status) {
      case "conflict":
        throw new Problem("id-reused", `id is ${quote(id)} and counted another page; allowed is an id of this visit's own.`);
      case "shed":
        throw new Problem("overloaded", "Too many visits arrive; sending the same id again is safe.");
      case "too-many-new-pages": {
        const allowed = `allowed are ${config.newPagesBurst} new pages at once, and ${config.newPagesPerHour} an hour`;
        const headers = { "Retry-After": String(outcome.retryAfterS) };
        throw new Problem("too-many-new-pages", `page is ${quote(page)}, a new one; ${allowed}.`, headers);
      }
      case "too-many-new-sites": {
        const allowed = `allowed are ${NEW_SITES_BURST} new sites at once, and ${NEW_SITES_PER_HOUR} an hour, or those that SITES names`;
        const headers = { "Retry-After": String(outcome.retryAfterS) };
        throw new Problem("too-many-new-sites", `site is ${quote(site)}, a new one; ${allowed}.`, headers);
      }
      case "too-many-lookups":
        throw new Problem("too-many-lookups", "Too many new pages arrive to tell whether this is one; sending the same id again is safe.", {
          "Retry-After": "1",
        });
      default: {
        const { status, ...numbers } = outcome;
        return answer({ site, page, ...numbers }, status);
      }
    }
  };
}
