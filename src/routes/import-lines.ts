import * as v from "valibot";
import { parseDay } from "../domain/day.ts";
import { InvalidInput, invalid, quote } from "../domain/invalid.ts";
import { normalizePage } from "../domain/page.ts";
import { ADDITION_DAYS, ADDITION_PAGES, ADDITION_POINTS, type Addition } from "../domain/store.ts";
import { addCounts } from "../domain/tally.ts";
import { MAX_VISITS, text, visits } from "../http/fields.ts";
import { Problem } from "../http/problem.ts";
import { check } from "../http/validate.ts";
import { parseObject } from "../json.ts";

/** The most lines in one import. */
export const MAX_LINES = 5_000;
/** The most days in one line, of an import or an export. */
export const MAX_LINE_DAYS = 366;

const DAYS_ALLOWED = "an object of days and visits";
/** A line of an import. */
export const LINE = v.object({
  page: text,
  visits,
  days: v.optional(
    v.pipe(
      v.record(v.string(), visits, DAYS_ALLOWED),
      v.check((days) => !Array.isArray(days), DAYS_ALLOWED),
    ),
    {},
  ),
});

/** Reads all lines of an import, or throws a 400 that names the first bad one. Empty lines are ignored. */
export function parseLines(text: string, site: string): Addition[] {
  const additions: Addition[] = [];
  let total = 0;
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    if (additions.length === MAX_LINES) {
      throw new Problem("too-large", `The body is too large; allowed are at most ${MAX_LINES} lines.`);
    }
    try {
      const addition = parseLine(line, site);
      total += addition.visits;
      if (total > MAX_VISITS) throw new InvalidInput(`the sum of visits is over ${MAX_VISITS}; allowed is at most that.`);
      additions.push(addition);
    } catch (error) {
      if (error instanceof InvalidInput) throw new InvalidInput(`line ${index + 1}: ${error.message}`);
      throw error;
    }
  }
  return additions;
}

function parseLine(text: string, site: string): Addition {
  const line = parseObject(text) ?? invalid("line", text, "a JSON object");
  const { page, visits, days } = check(LINE, line);
  const names = Object.keys(days);
  if (names.length > MAX_LINE_DAYS) invalid("days", `${names.length} days`, `at most ${MAX_LINE_DAYS} days`);
  let sum = 0;
  for (const name of names) sum += days[parseDay("days", name)] ?? 0;
  if (sum > visits) throw new InvalidInput(`days sum to ${sum} and visits is ${quote(visits)}; allowed is a sum of at most visits.`);
  return { page: normalizePage(page, site), visits, days };
}

/** Cuts additions into what one write takes, each page once in it; the same lines are always cut the same way. */
export function cutIntoBatches(additions: readonly Addition[]): Addition[][] {
  const batches: Addition[][] = [];
  let pages = new Map<string, { page: string; visits: number; days: Record<string, number> }>();
  let days = new Set<string>();
  let points = 0;
  for (const addition of additions) {
    const names = Object.keys(addition.days);
    const full =
      (pages.size === ADDITION_PAGES && !pages.has(addition.page)) ||
      days.size + names.filter((name) => !days.has(name)).length > ADDITION_DAYS ||
      points + names.length > ADDITION_POINTS;
    if (full) {
      batches.push([...pages.values()]);
      pages = new Map();
      days = new Set();
      points = 0;
    }
    const row = pages.get(addition.page) ?? { page: addition.page, visits: 0, days: {} };
    pages.set(addition.page, row);
    row.visits += addition.visits;
    points += names.length;
    addCounts(row.days, addition.days);
    for (const name of names) days.add(name);
  }
  if (pages.size > 0) batches.push([...pages.values()]);
  return batches;
}
