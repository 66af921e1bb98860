import { InvalidInput } from "../../../src/domain/invalid.ts";
import { MAX_VISITS } from "../../../src/http/fields.ts";
import { type ImportLine, linesOf, type Total } from "./lines.ts";
import { countOf, dayOr, type Row, readRow, wrongNumber } from "./read-row.ts";

/** What an export says of the whole site. */
interface SiteRow {
  readonly where: string;
  readonly visits?: unknown;
  readonly visitors?: unknown;
  readonly day?: string | undefined;
}

/** Rows that were left out for one reason. */
interface LeftOut {
  rows: number;
  /** As far as their visits are numbers. */
  visits: number;
  /** The first few: which row, and what was wrong with it. */
  readonly examples: string[];
}

/** What became of an export. */
export interface Collected {
  readonly lines: readonly ImportLine[];
  /** Rows that were read, used or not, and the sum of their visits as far as they are numbers. */
  readonly rows: number;
  readonly visits: number;
  /** The rows used, their pages and the sum of their visits; together with `leftOut` all that was read. */
  readonly used: { readonly rows: number; readonly pages: number; readonly visits: number; readonly dated: number };
  readonly leftOut: ReadonlyMap<string, LeftOut>;
  /** By how much the site's total exceeds its pages, those left out included. */
  readonly unattributed: number;
  /** What the export does not tell, in sentences. */
  readonly notes: readonly string[];
}

/** Sums up rows by page, in the service's normal form, and keeps account of those that it cannot use. */
export interface Collector {
  add(row: Row): void;
  addSite(row: SiteRow): void;
  leaveOut(where: string, reason: string, visits?: unknown): void;
  note(sentence: string): void;
  end(): Collected;
}

const EXAMPLES = 5;

/** @param site whose rows are used; those of other hosts are left out */
export function createCollector(site: string): Collector {
  const pages = new Map<string, Total>();
  const own: Total = { visits: 0, days: new Map(), visitors: 0, visitorDays: new Map() };
  const leftOut = new Map<string, LeftOut>();
  const notes = new Set<string>();
  const sums = { rows: 0, visits: 0, usedRows: 0, usedVisits: 0, dated: 0 };
  let siteVisits: number | null = null;

  function leaveOut(where: string, reason: string, visits?: unknown, detail?: string): void {
    const group = leftOut.get(reason) ?? { rows: 0, visits: 0, examples: [] };
    leftOut.set(reason, group);
    const count = countOf(visits) ?? 0;
    group.rows += 1;
    group.visits += count;
    sums.rows += 1;
    sums.visits += count;
    if (group.examples.length < EXAMPLES) group.examples.push(detail === undefined ? where : `${where}: ${detail}`);
  }

  function add(row: Row): void {
    const read = readRow(row, site, MAX_VISITS - sums.usedVisits);
    if ("reason" in read) {
      leaveOut(row.where, read.reason, row.visits, read.detail);
      return;
    }
    const { page, visits, visitors } = read;
    const total = pages.get(page) ?? { visits: 0, days: new Map(), visitors: 0, visitorDays: new Map() };
    pages.set(page, total);
    addTo(total, row.day, visits, visitors);
    sums.rows += 1;
    sums.visits += visits;
    sums.usedRows += 1;
    sums.usedVisits += visits;
    if (row.day !== undefined) sums.dated += visits;
  }

  function addSite({ where, visits, visitors, day }: SiteRow): void {
    const [count, people] = [countOf(visits ?? 0), countOf(visitors ?? 0)];
    const date = dayOr(day);
    if (count === null) leaveOut(where, "of the site, without a usable number", undefined, wrongNumber("visits", visits));
    else if (people === null) leaveOut(where, "of the site, without a usable number", undefined, wrongNumber("visitors", visitors));
    else if (date instanceof InvalidInput) leaveOut(where, "of the site, without a usable day", undefined, date.message);
    else {
      if (visits !== undefined) siteVisits = (siteVisits ?? 0) + count;
      addTo(own, day, 0, people);
    }
  }

  function end(): Collected {
    const leftVisits = [...leftOut.values()].reduce((sum, { visits }) => sum + visits, 0);
    const excess = siteVisits === null ? 0 : siteVisits - sums.usedVisits - leftVisits;
    if (excess < 0) notes.add(`The site's total of ${siteVisits} is ${-excess} below its pages' sum: the pages count.`);
    own.visits = Math.min(Math.max(excess, 0), MAX_VISITS);
    const names = [...pages.keys()].sort();
    const lines = names.flatMap((page) => linesOf(page, pages.get(page) ?? own));
    if (own.visits > 0 || own.visitors > 0) lines.unshift(...linesOf(null, own));
    return {
      lines,
      rows: sums.rows,
      visits: sums.visits,
      used: { rows: sums.usedRows, pages: pages.size, visits: sums.usedVisits, dated: sums.dated },
      leftOut,
      unattributed: own.visits,
      notes: [...notes],
    };
  }

  return { add, addSite, leaveOut, note: (sentence) => notes.add(sentence), end };
}

function addTo(total: Total, day: string | undefined, visits: number, visitors: number): void {
  total.visits += visits;
  total.visitors += visitors;
  if (day === undefined) return;
  if (visits > 0) total.days.set(day, (total.days.get(day) ?? 0) + visits);
  if (visitors > 0) total.visitorDays.set(day, (total.visitorDays.get(day) ?? 0) + visitors);
}
