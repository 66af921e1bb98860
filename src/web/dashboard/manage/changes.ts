import { addDays } from "../../../domain/day.ts";
import { type Counts, getSeries, getTotals, type Point } from "../data/api.ts";
import { MAX_DAYS } from "../data/range.ts";
import { send } from "./send.ts";

/** Told which attempt of a change begins. */
type OnAttempt = (attempt: number) => void;

/** What a page's counter is set to. */
export interface NewTotal {
  readonly site: string;
  readonly page: string;
  readonly visits: number;
  readonly visitors?: number;
  readonly dropDays?: boolean;
}

/** Sets a page's total. */
export async function setTotal(total: NewTotal, key: string, onAttempt?: OnAttempt): Promise<void> {
  await send("v1/visits", key, { method: "PUT", headers: JSON_TYPE, body: JSON.stringify(total) }, onAttempt);
}

/** Removes a page's counter. */
export async function deletePage(site: string, page: string, key: string, onAttempt?: OnAttempt): Promise<void> {
  await send("v1/visits", key, { method: "DELETE", query: { site, page } }, onAttempt);
}

/** Removes a site. A large one takes several calls: the service answers 503 until it is done. */
export async function deleteSite(site: string, key: string, onAttempt?: OnAttempt): Promise<void> {
  await send("v1/sites", key, { method: "DELETE", query: { site } }, onAttempt);
}

/** Adds numbers: lines as `POST /v1/import` takes them. */
export async function addLines(site: string, lines: readonly string[], key: string, onAttempt?: OnAttempt): Promise<void> {
  const headers = { "Content-Type": "application/x-ndjson" };
  await send("v1/import", key, { method: "POST", query: { site }, headers, body: lines.join("\n") }, onAttempt);
}

/** A page's total now. */
export async function readPage(site: string, page: string): Promise<{ page: string } & Counts> {
  const { pages } = await getTotals(site, [page]);
  return pages[0] ?? { page, visits: 0 };
}

/** A page as lines of an import, to bring it back after it was removed: its days, as far back as the service tells them, and the rest. */
export async function rememberPage(site: string, page: string, today: string): Promise<string[]> {
  const { points } = await getSeries(site, page, { from: addDays(today, 1 - MAX_DAYS), to: today });
  // Read afterwards, so that no day has more than is in the total.
  const total = await readPage(site, page);
  return linesOf(page, total, points);
}

const JSON_TYPE = { "Content-Type": "application/json" };
/** The most days in one line: visits and visitors have an entry each, of 366 together at most. */
const LINE_DAYS = 180;

/** A page's lines: together they have its total, and the last one what bears no day. */
export function linesOf(page: string, total: Counts, points: readonly Point[]): string[] {
  const busy = points.filter(({ visits }) => visits > 0);
  const lines: string[] = [];
  let [visits, visitors] = [total.visits, total.visitors];
  do {
    const part = busy.splice(0, LINE_DAYS);
    const last = busy.length === 0;
    const sums = [part.reduce((sum, day) => sum + day.visits, 0), part.reduce((sum, day) => sum + (day.visitors ?? 0), 0)] as const;
    const own = last ? { visits, visitors } : { visits: sums[0], visitors: sums[1] };
    visits -= sums[0];
    if (visitors !== undefined) visitors -= sums[1];
    const days = Object.fromEntries(part.map(({ date, visits }) => [date, visits]));
    const withVisitors = part.filter((day) => (day.visitors ?? 0) > 0).map(({ date, visitors }) => [date, visitors]);
    lines.push(
      JSON.stringify({
        page,
        visits: own.visits,
        ...(part.length > 0 && { days }),
        ...(total.visitors !== undefined && own.visitors && { visitors: own.visitors }),
        ...(withVisitors.length > 0 && { visitorDays: Object.fromEntries(withVisitors) }),
      }),
    );
  } while (busy.length > 0);
  return lines;
}
