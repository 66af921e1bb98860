const PLAIN = "en";
/** From here on a number is too long for a column. */
const LONG = 10_000_000;

function formatsOf(locale: string) {
  const day = { timeZone: "UTC", day: "numeric", month: "short" } as const;
  return {
    number: new Intl.NumberFormat(locale),
    compact: new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }),
    percent: new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" }),
    signed: new Intl.NumberFormat(locale, { signDisplay: "exceptZero" }),
    signedCompact: new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1, signDisplay: "exceptZero" }),
    day: new Intl.DateTimeFormat(locale, day),
    dayOfYear: new Intl.DateTimeFormat(locale, { ...day, year: "numeric" }),
    month: new Intl.DateTimeFormat(locale, { timeZone: "UTC", month: "short", year: "numeric" }),
    time: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  };
}

/** Made when they are first needed: a browser takes up to a tenth of a second to load what `Intl` knows. */
let formats: ReturnType<typeof formatsOf> | undefined;
const own = () => (formats ??= formatsOf(PLAIN));

/** Writes numbers and dates as in `locale`; browsers may name one that does not exist ("C"). */
export function setLocale(locale: string): void {
  try {
    formats = formatsOf(locale);
  } catch {
    formats = formatsOf(PLAIN);
  }
}

/** A number as the reader writes it. */
export const number = (value: number): string => own().number.format(value);
/** The same in little room: an axis. */
export const compact = (value: number): string => own().compact.format(value);
/** In a table: in full, unless it is too long for a column. */
export const cell = (value: number): string => (Math.abs(value) < LONG ? number(value) : compact(value));
/** A share as percent with its sign: `0.12` is "+12%". */
export const percent = (share: number): string => own().percent.format(share);
/** A number with its sign. */
export const signed = (value: number): string => (Math.abs(value) < LONG ? own().signed : own().signedCompact).format(value);
/** A day (`2026-11-22`) without its year. */
export const shortDay = (date: string): string => own().day.format(new Date(date));
export const longDay = (date: string): string => own().dayOfYear.format(new Date(date));
/** The month of a day, with its year. */
export const month = (date: string): string => own().month.format(new Date(date));
/** From one day to another; one day alone. */
export const days = (from: string, to: string): string =>
  from === to ? longDay(from) : own().dayOfYear.formatRange(new Date(from), new Date(to));
/** A time of the reader's day. */
export const time = (at: Date): string => own().time.format(at);
