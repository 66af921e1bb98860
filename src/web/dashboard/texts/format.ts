const PLAIN = "en";
/** From here on a number is too long for a column. */
const LONG = 10_000_000;

const UTC_DAY = { timeZone: "UTC", day: "numeric", month: "short" } as const;

/** A format of the locale, made when it is first used: what nothing needs before the first numbers does not delay them. */
function lazy<T>(make: (locale: string) => T): () => T {
  let made: { readonly locale: string; readonly format: T } | undefined;
  return () => {
    if (made?.locale !== locale) made = { locale, format: make(locale) };
    return made.format;
  };
}

let locale = PLAIN;
const numberFormat = lazy((tag) => new Intl.NumberFormat(tag));
const compactFormat = lazy((tag) => new Intl.NumberFormat(tag, { notation: "compact", maximumFractionDigits: 1 }));
const percentFormat = lazy((tag) => new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" }));
const signedFormat = lazy((tag) => new Intl.NumberFormat(tag, { signDisplay: "exceptZero" }));
const signedCompactFormat = lazy(
  (tag) => new Intl.NumberFormat(tag, { notation: "compact", maximumFractionDigits: 1, signDisplay: "exceptZero" }),
);
const dayFormat = lazy((tag) => new Intl.DateTimeFormat(tag, UTC_DAY));
const dayOfYearFormat = lazy((tag) => new Intl.DateTimeFormat(tag, { ...UTC_DAY, year: "numeric" }));
const monthFormat = lazy((tag) => new Intl.DateTimeFormat(tag, { timeZone: "UTC", month: "short", year: "numeric" }));
const timeFormat = lazy((tag) => new Intl.DateTimeFormat(tag, { hour: "2-digit", minute: "2-digit", second: "2-digit" }));

/** Writes numbers and dates as in `tag`; browsers may name a locale that does not exist ("C"). */
export function setLocale(tag: string): void {
  try {
    [locale = PLAIN] = Intl.getCanonicalLocales(tag);
  } catch {
    locale = PLAIN;
  }
  // A browser's first number format takes up to a tenth of a second: it is made while the service is asked.
  numberFormat();
}

/** Makes the other formats that the first numbers need. Call it while the service is asked. */
export function prepareFormats(): void {
  percentFormat();
  timeFormat();
  const now = new Date();
  dayOfYearFormat().formatRange(now, now);
}

/** A number as the reader writes it. */
export const number = (value: number): string => numberFormat().format(value);
/** The same in little room: an axis. */
export const compact = (value: number): string => compactFormat().format(value);
/** In a table: in full, unless it is too long for a column. */
export const cell = (value: number): string => (Math.abs(value) < LONG ? number(value) : compact(value));
/** A share as percent with its sign: `0.12` is "+12%". */
export const percent = (share: number): string => percentFormat().format(share);
/** A number with its sign. */
export const signed = (value: number): string => (Math.abs(value) < LONG ? signedFormat() : signedCompactFormat()).format(value);
/** A day (`2026-11-22`) without its year. */
export const shortDay = (date: string): string => dayFormat().format(new Date(date));
export const longDay = (date: string): string => dayOfYearFormat().format(new Date(date));
/** The month of a day, with its year. */
export const month = (date: string): string => monthFormat().format(new Date(date));
/** From one day to another; one day alone. */
export const days = (from: string, to: string): string =>
  from === to ? longDay(from) : dayOfYearFormat().formatRange(new Date(from), new Date(to));
/** A time of the reader's day. */
export const time = (at: Date): string => timeFormat().format(at);
