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
  for (let start = 0; start + MAX_LINE_DAYS < dates.length; start += MAX_LINE_DAYS) {
    const part = dates.slice(start, start + MAX_LINE_DAYS);
    const sum = part.reduce((total, date) => total + (days[date] ?? 0), 0);
    text += lineOf(page, sum, part, days);
    rest -= sum;
  }
  return text + lineOf(page, rest, dates.slice(Math.max(0, Math.ceil(dates.length / MAX_LINE_DAYS) - 1) * MAX_LINE_DAYS), days);
}

function lineOf(page: string, visits: number, dates: readonly string[], days: PageTotal["days"]): string {
  const own = dates.length > 0 ? { days: Object.fromEntries(dates.map((date) => [date, days[date]])) } : {};
  return `${JSON.stringify({ page, visits, ...own })}\n`;
}
