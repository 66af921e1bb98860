import * as v from "valibot";
import { parseDay } from "../domain/day.ts";
import { InvalidInput, invalid, quote } from "../domain/invalid.ts";
import { normalizePage } from "../domain/page.ts";
import { ADDITION_DAYS, ADDITION_PAGES, ADDITION_POINTS, type Addition, type Days } from "../domain/store.ts";
import { addCounts, nothingFor, type Sum, sumOf } from "../domain/tally.ts";
import { MAX_VISITS, visits } from "../http/fields.ts";
import { Problem } from "../http/problem.ts";
import { check, strictObject } from "../http/validate.ts";
import { parseObject } from "../json.ts";

/** The most lines in one import. */
export const MAX_LINES = 5_000;
/** The same with the empty ones. */
const MAX_ROWS = 4 * MAX_LINES;
/** The most entries of `days` and `visitorDays` together in one line, of an import or an export. */
export const MAX_LINE_DAYS = 400;
/** The longest line: so many entries, and a page's name with each letter escaped, are shorter. */
const MAX_LINE_LENGTH = 64 * 1_024;

const DAYS_ALLOWED = "an object of days and numbers";
const days = v.optional(v.record(v.string(), visits, DAYS_ALLOWED), {});
/** A line of an import. */
export const LINE = strictObject({
  page: v.nullable(v.string("a string or null")),
  visits,
  days,
  visitors: v.optional(visits),
  visitorDays: days,
});

/** Reads the lines of an import one by one; throws a 400 that names the first bad one. Empty lines are ignored. */
export function* parseLines(text: string, site: string): Generator<Addition, void> {
  const knownDays = new Set<string>();
  let [lines, total] = [0, 0];
  for (const [index, line] of text.split("\n", MAX_ROWS + 1).entries()) {
    if (index < MAX_ROWS && line.trim() === "") continue;
    if (lines === MAX_LINES || index === MAX_ROWS) {
      throw new Problem("too-large", `The body is too large; allowed are at most ${MAX_LINES} lines.`);
    }
    try {
      const addition = parseLine(line, site, knownDays);
      lines += 1;
      total += addition.visits;
      if (total > MAX_VISITS) throw new InvalidInput(`the sum of visits is over ${MAX_VISITS}; allowed is at most that.`);
      yield addition;
    } catch (error) {
      if (error instanceof InvalidInput) throw new InvalidInput(`line ${index + 1}: ${error.message}`);
      throw error;
    }
  }
}

function parseLine(text: string, site: string, knownDays: Set<string>): Addition {
  if (text.length > MAX_LINE_LENGTH) {
    throw new InvalidInput(`it has ${text.length} characters; allowed are at most ${MAX_LINE_LENGTH}, and ${MAX_LINE_DAYS} days.`);
  }
  const line = parseObject(text) ?? invalid("line", text, "a JSON object");
  check(LINE, line);
  // Read as it was sent: a record's output lacks keys such as "constructor", which are no days either.
  const { page, visits, days = {}, visitorDays = {}, visitors: sent } = line as v.InferInput<typeof LINE>;
  const [dated, datedVisitors] = [sumOfDays("days", days, knownDays), sumOfDays("visitorDays", visitorDays, knownDays)];
  const visitors = sent ?? datedVisitors;
  const entries = countOf(days) + countOf(visitorDays);
  if (entries > MAX_LINE_DAYS) invalid("days and visitorDays", `${entries} entries`, `at most ${MAX_LINE_DAYS} together`);
  if (page === null && countOf(days) > 0)
    throw new InvalidInput("days stand beside a page of null; allowed are none, as such visits bear no day.");
  checkSum("days", dated, "visits", visits);
  checkSum("visitorDays", datedVisitors, "visitors", visitors);
  return { page: page === null ? null : normalizePage(page, site), visits, days, visitors, visitorDays };
}

const countOf = (days: Days): number => Object.keys(days).length;

/** The sum of days that exist, or a 400. Lines share most of their days: each is checked once. */
function sumOfDays(field: string, days: Days, known: Set<string>): number {
  for (const day of Object.keys(days)) if (!known.has(day)) known.add(parseDay(field, day));
  return sumOf(days);
}

function checkSum(field: string, sum: number, whole: string, total: number): void {
  if (sum > total) throw new InvalidInput(`${field} sum to ${sum} and ${whole} is ${quote(total)}; allowed is a sum of at most ${whole}.`);
}

/** Additions while they are cut. */
interface Batch {
  readonly additions: Map<string | null, Sum>;
  /** The different days, of visits and of visitors: an entity takes so many changes at once. */
  readonly days: Set<string>;
  points: number;
}

/** Cuts additions into what one write takes, each page once in it; the same lines are always cut the same way. */
export function* cutIntoBatches(additions: readonly Addition[]): Generator<Addition[], void> {
  let batch = emptyBatch();
  for (const addition of additions) {
    // Would make a counter of nothing.
    if (addition.page === null && addition.visits === 0 && addition.visitors === 0) continue;
    const names = [...Object.keys(addition.days), ...Object.keys(addition.visitorDays).map((day) => `visitors ${day}`)];
    if (isFull(batch, addition.page, names)) {
      yield [...batch.additions.values()];
      batch = emptyBatch();
    }
    const sum = batch.additions.get(addition.page) ?? nothingFor(addition.page);
    batch.additions.set(addition.page, sum);
    sum.visits += addition.visits;
    sum.visitors += addition.visitors;
    addCounts(sum.days, addition.days);
    addCounts(sum.visitorDays, addition.visitorDays);
    batch.points += names.length;
    for (const name of names) batch.days.add(name);
  }
  if (batch.additions.size > 0) yield [...batch.additions.values()];
}

function emptyBatch(): Batch {
  return { additions: new Map(), days: new Set(), points: 0 };
}

function isFull({ additions, days, points }: Batch, page: string | null, names: readonly string[]): boolean {
  return (
    (additions.size === ADDITION_PAGES && !additions.has(page)) ||
    days.size + names.filter((name) => !days.has(name)).length > ADDITION_DAYS ||
    points + names.length > ADDITION_POINTS
  );
}
