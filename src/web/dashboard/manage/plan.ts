import { getTotals } from "../data/api.ts";
import type { Line } from "./read-file.ts";

/** The service takes 5,000 lines and 4 MiB in one request. */
const PART_LINES = 2_000;
const PART_CHARS = 1_000_000;
const SHOWN_PAGES = 10;

/** What a file would do. */
export interface Plan {
  readonly parts: readonly (readonly string[])[];
  readonly visits: number;
  readonly pages: number;
  readonly preview: readonly { page: string; now: number; after: number }[];
}

/** What the lines would do; also asks the service for the pages' names and totals. */
export async function planOf(site: string, lines: readonly Line[]): Promise<Plan> {
  const sums = new Map<string, number>();
  // A line without a page has the site's own visitors.
  for (const { page, visits } of lines) if (page !== null) sums.set(page, (sums.get(page) ?? 0) + visits);
  const first = [...sums].slice(0, SHOWN_PAGES);
  const { pages } = await getTotals(
    site,
    first.map(([page]) => page),
  );
  const preview = pages.map(({ page, visits }, index) => ({ page, now: visits, after: visits + (first[index]?.[1] ?? 0) }));
  const visits = lines.reduce((sum, line) => sum + line.visits, 0);
  return { parts: partsOf(lines), visits, pages: sums.size, preview };
}

function partsOf(lines: readonly Line[]): string[][] {
  const parts: string[][] = [];
  let size = 0;
  for (const line of lines) {
    const text = JSON.stringify(line);
    const last = parts.at(-1);
    if (!last || last.length === PART_LINES || size + text.length > PART_CHARS) {
      parts.push([text]);
      size = text.length;
    } else {
      last.push(text);
      size += text.length;
    }
  }
  return parts;
}
