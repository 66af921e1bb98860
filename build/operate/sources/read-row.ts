import { parseDay } from "../../../src/domain/day.ts";
import { InvalidInput, quote } from "../../../src/domain/invalid.ts";
import { normalizePage } from "../../../src/domain/page.ts";
import { parseHttpUrl, siteOfHost } from "../../../src/domain/site.ts";
import { MAX_VISITS } from "../../../src/http/fields.ts";

/** What one row of an export says; its numbers may be anything. */
export interface Row {
  /** Names the row for its reader, such as `line 12`. */
  readonly where: string;
  /** A path or a URL. */
  readonly page: string;
  readonly visits: unknown;
  /** The page's host, where the row names one. */
  readonly host?: string | undefined;
  /** `YYYY-MM-DD` */
  readonly day?: string | undefined;
  readonly visitors?: unknown;
}

/** A row's page and numbers, or why it cannot be used. */
export function readRow(
  { page, host, visits, visitors, day }: Row,
  site: string,
  most: number,
): { page: string; visits: number; visitors: number } | { reason: string; detail?: string } {
  const [count, people] = [countOf(visits), countOf(visitors ?? 0)];
  if (count === null) return { reason: "without a usable number", detail: wrongNumber("visits", visits) };
  if (people === null) return { reason: "without a usable number", detail: wrongNumber("visitors", visitors) };
  const of = parseHttpUrl(page)?.hostname ?? host;
  if (of && siteOfHost(of) !== site) return { reason: `of another host than ${site}`, detail: of };
  const [name, date] = [pageOr(page, site), dayOr(day)];
  if (name instanceof InvalidInput) return { reason: "without a usable page", detail: name.message };
  if (date instanceof InvalidInput) return { reason: "without a usable day", detail: date.message };
  if (count === 0) return { reason: "with 0 visits" };
  if (count > most) return { reason: `that bring the sum over ${MAX_VISITS}`, detail: String(count) };
  return { page: name, visits: count, visitors: people };
}

/** Says what a number was, and what is allowed. */
export function wrongNumber(field: string, value: unknown): string {
  return `${field} is ${quote(value)}; allowed is an integer from 0 to ${MAX_VISITS}.`;
}

function pageOr(text: string, site: string): string | InvalidInput {
  if (text.trim() === "") return new InvalidInput('page is ""; allowed is a path or a URL.');
  return orInvalid(() => normalizePage(text, site));
}

/** A day, or why it is none. */
export function dayOr(text: string | undefined): string | undefined | InvalidInput {
  return text === undefined ? undefined : orInvalid(() => parseDay("day", text));
}

/** What `read` answers, or why its input is not valid. */
export function orInvalid<T>(read: () => T): T | InvalidInput {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
}

/** A count, from a number or from digits; `null` where it is none. */
export function countOf(value: unknown): number | null {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value.trim()) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 && number <= MAX_VISITS ? number : null;
}
