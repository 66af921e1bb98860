import { isbot } from "isbot";
import { quote } from "../domain/invalid.ts";
import { normalizePage } from "../domain/page.ts";
import type { Exchange, Shared } from "./exchange.ts";
import { visitId } from "./idempotency.ts";
import { memoize } from "./memo.ts";
import { guardPages } from "./new-pages.ts";
import type { Body } from "./operations.ts";
import { Problem } from "./problem.ts";
import { createRateLimit } from "./rate-limit.ts";
import { siteToCount } from "./site.ts";
import { type PageTotals, totalsOf } from "./totals.ts";

/** What a counting answer says, in this order. */
interface Counted extends PageTotals {
  readonly counted: boolean;
  readonly reason?: "duplicate" | "bot";
}

/** What a request wants counted. */
interface Wish {
  readonly site?: string | undefined;
  readonly page?: string | undefined;
  readonly id?: string | undefined;
}

/** Clients of programs, which isbot takes for crawlers. */
const PROGRAM = /^(curl|node|undici|wget|python)/i;

/** Counts visits that come with a POST, and those that come with an image. */
export interface Counter {
  post(exchange: Exchange, wish: Body<"countVisit">): Promise<Response>;
  image(exchange: Exchange, wish: Wish): Promise<Counted>;
}

/** Builds the counter; `today` is the UTC day of acceptance. */
export function createCounter(shared: Shared, today: () => string): Counter {
  const { store, config, keepAlive, meter } = shared;
  const record = guardPages(shared);
  const limitRate = createRateLimit(shared);
  const countable = config.pages && compilePatterns(config.pages);
  const isCrawler = memoize((agent) => !PROGRAM.test(agent) && isbot(agent));

  async function count(exchange: Exchange, source: string | null, wish: Wish, fromBrowser: boolean): Promise<Counted> {
    limitRate(exchange.request);
    const site = siteToCount(exchange, source, wish.site);
    const page = normalizePage(wish.page ?? "/", site);
    const id = visitId(exchange, wish.id);
    if (countable && !countable(page)) {
      throw new Problem("page-not-allowed", `page is ${quote(page)}; allowed is one that fits the service's PAGES.`);
    }
    if (isUncounted(exchange.request.headers, fromBrowser)) {
      return tell(totalsOf(site, page, await store.totals(site, [page])), "bot");
    }
    const work = record(site, { page, day: today(), id });
    keepAlive?.(work.then(ignore, ignore), exchange.context);
    const outcome = await work;
    if (outcome.status === "conflict") {
      throw new Problem("id-reused", `id is ${quote(id)} and counted another page; allowed is an id of this visit's own.`);
    }
    if (outcome.status === "shed") throw new Problem("overloaded", "Too many visits arrive; sending the same id again is safe.");
    const { visits, siteVisits } = outcome;
    return tell({ site, page, visits, siteVisits }, outcome.status);
  }

  function tell(totals: PageTotals, status: "counted" | "duplicate" | "bot"): Counted {
    meter?.add(status);
    return status === "counted" ? { ...totals, counted: true } : { ...totals, counted: false, reason: status };
  }

  /** Crawlers that run scripts or load images, and pages that are fetched before anyone asked for them. A plain API client counts. */
  function isUncounted(headers: Headers, fromBrowser: boolean): boolean {
    if (headers.get("sec-purpose")?.includes("prefetch")) return true;
    return (fromBrowser || headers.has("sec-fetch-site")) && isCrawler(headers.get("user-agent") ?? "");
  }

  return {
    post(exchange, wish) {
      const { origin } = exchange;
      return count(exchange, origin, wish, origin !== null).then((counted) => exchange.json(counted, "no-store"));
    },
    image(exchange, wish) {
      return count(exchange, exchange.request.headers.get("referer") || exchange.origin, wish, true);
    },
  };
}

/** Whether a page fits one of the patterns, in which `*` stands for any characters. No expression: it would try every way to part the page. */
function compilePatterns(patterns: readonly string[]): (page: string) => boolean {
  const globs = patterns.map((pattern) => pattern.split("*"));
  return (page) =>
    globs.some((glob) => {
      let at = 0;
      return glob.every((part, index) => {
        const found = page.indexOf(part, index < glob.length - 1 ? at : Math.max(at, page.length - part.length));
        at = found + part.length;
        return index > 0 ? found >= 0 : found === 0;
      });
    });
}

function ignore(): void {}
