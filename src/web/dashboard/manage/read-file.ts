import { toRows } from "../data/files.ts";
import { t } from "../texts/text.ts";
import { wholeNumber } from "./whole-number.ts";

/** A line of an upload: what `POST /v1/import` takes. */
export interface Line {
  readonly page: string | null;
  visits: number;
  visitors?: number;
  days?: Record<string, number>;
  visitorDays?: Record<string, number>;
}

/** What a file has. */
export interface FileContent {
  readonly lines: readonly Line[];
  /** Why lines cannot be taken, in words. */
  readonly problems: readonly string[];
}

/** The most days in one line; a page with more takes several. */
const LINE_DAYS = 180;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Reads a file as NDJSON where it begins with a brace, else as CSV. Nothing of it is sent. */
export function readFile(content: string): FileContent {
  const text = content.replace(/^\ufeff/, "");
  return text.trimStart().startsWith("{") ? readNdjson(text) : readCsv(text);
}

function readNdjson(text: string): FileContent {
  const lines: Line[] = [];
  const problems: string[] = [];
  for (const [index, one] of text.split("\n").entries()) {
    if (one.trim() === "") continue;
    const line = parse(one);
    const problem = line ? problemOf(line) : t("badJson");
    if (problem !== null) problems.push(t("uploadLine", { line: index + 1, problem }));
    else if (line) lines.push(line);
  }
  return { lines, problems };
}

function parse(text: string): Line | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Line) : null;
  } catch {
    return null;
  }
}

function problemOf({ page, visits, days = {} }: Line): string | null {
  if (typeof page !== "string" && page !== null) return t("badPage");
  if (!Number.isSafeInteger(visits) || visits < 0) return t("badVisits");
  const sum = Object.values(days).reduce((total, count) => total + count, 0);
  if (!Object.keys(days).every((day) => DAY.test(day))) return t("badDate");
  return sum > visits ? t("badDays") : null;
}

/** A row for each page, or for each page and day. */
function readCsv(text: string): FileContent {
  let rows: ReturnType<typeof toRows>;
  try {
    rows = toRows(text);
  } catch (error) {
    return { lines: [], problems: [t("uploadLine", { line: (error as Error).message, problem: '"' })] };
  }
  const [head, ...body] = rows;
  const names = (head?.cells ?? []).map((name) => name.trim().toLowerCase());
  const place = (...wanted: string[]) => names.findIndex((name) => wanted.includes(name));
  const at = { page: place("page", "path", "url"), visits: place("visits", "views", "pageviews", "count") };
  const optional = { date: place("date", "day"), visitors: place("visitors") };
  if (at.page === -1 || at.visits === -1) return { lines: [], problems: [t("uploadColumns", { columns: names.join(", ") })] };

  const pages = new Map<string, Line[]>();
  const problems: string[] = [];
  for (const { line, cells } of body) {
    const cell = (index: number) => cells[index]?.trim() ?? "";
    const [page, visits] = [cell(at.page), wholeNumber(cell(at.visits))];
    const date = cell(optional.date);
    const visitors = cell(optional.visitors) === "" ? undefined : wholeNumber(cell(optional.visitors));
    const problem = page === "" ? "badPage" : visits === null ? "badVisits" : visitors === null ? "badVisitors" : null;
    const badDate = date !== "" && (!DAY.test(date) || Number.isNaN(Date.parse(date)));
    if (problem || badDate) problems.push(t("uploadLine", { line, problem: t(problem ?? "badDate") }));
    else add(pages, page, date, visits ?? 0, visitors ?? undefined);
  }
  return { lines: [...pages.values()].flat(), problems };
}

function add(pages: Map<string, Line[]>, page: string, date: string, visits: number, visitors: number | undefined): void {
  const lines = pages.get(page) ?? [];
  pages.set(page, lines);
  let line = lines.at(-1);
  if (!line || (date !== "" && Object.keys(line.days ?? {}).length === LINE_DAYS)) {
    line = { page, visits: 0 };
    lines.push(line);
  }
  line.visits += visits;
  if (visitors !== undefined) line.visitors = (line.visitors ?? 0) + visitors;
  if (date === "") return;
  line.days = { ...line.days, [date]: (line.days?.[date] ?? 0) + visits };
  if (visitors !== undefined) line.visitorDays = { ...line.visitorDays, [date]: (line.visitorDays?.[date] ?? 0) + visitors };
}
