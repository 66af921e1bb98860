import type { PageTotal, Period } from "../domain/store.ts";
import type { Exchange } from "./exchange.ts";
import { MAX_LINE_DAYS } from "./lines.ts";
import { explain } from "./log.ts";
import type { Query } from "./operations.ts";
import { siteToRead } from "./site.ts";

/** Pages that are read from the store, and held in memory, at a time. */
const PAGES_AT_A_TIME = 500;
const ALL_TIME: Period = { from: "0001-01-01", to: "9999-12-31" };

/** Streams all pages in the form that an import takes. */
export async function exportVisits(exchange: Exchange, query: Query<"exportVisits">): Promise<Response> {
  const { store, log } = exchange.shared;
  const site = siteToRead(exchange, query.site);
  const encoder = new TextEncoder();
  const read = (after: string | null) => store.pages(site, after, PAGES_AT_A_TIME, ALL_TIME);
  // The first part comes before the answer begins, so that a store that fails at once is a 503.
  let part = await read(null);
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const last = part.at(-1);
      if (last) controller.enqueue(encoder.encode(part.map(linesOf).join("")));
      if (!last || part.length < PAGES_AT_A_TIME) return controller.close();
      try {
        part = await read(last.page);
      } catch (error) {
        log({ severity: "ERROR", message: `an export broke off: ${explain(error, 500)}`, requestId: exchange.requestId });
        throw error;
      }
    },
  });
  return exchange.reply(200, stream, { "Content-Type": "application/x-ndjson; charset=utf-8", "Cache-Control": "no-store" });
}

/** A page's lines: together they have its visits, and the last one those that bear no day. */
function linesOf({ page, visits, days }: PageTotal): string {
  const dates = Object.keys(days).sort();
  let text = "";
  let rest = visits;
  do {
    const own = dates.splice(0, MAX_LINE_DAYS).map((date) => [date, days[date] ?? 0] as const);
    const sum = dates.length > 0 ? own.reduce((total, [, count]) => total + count, 0) : rest;
    text += `${JSON.stringify({ page, visits: sum, ...(own.length > 0 && { days: Object.fromEntries(own) }) })}\n`;
    rest -= sum;
  } while (dates.length > 0);
  return text;
}
