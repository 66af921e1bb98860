const whole = new Intl.NumberFormat(navigator.language);
const short = new Intl.NumberFormat(navigator.language, { notation: "compact", maximumFractionDigits: 1 });
const day = new Intl.DateTimeFormat(navigator.language, { timeZone: "UTC", day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat(navigator.language, { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });
const clock = new Intl.DateTimeFormat(navigator.language, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** A number as the reader writes it. */
export const number = (value: number): string => whole.format(value);

/** The same in little room: an axis. */
export const compact = (value: number): string => short.format(value);

/** A day (`2026-11-22`) without its year, in UTC. */
export const shortDay = (date: string): string => day.format(new Date(date));

/** A day in UTC. */
export const longDay = (date: string): string => dayOfYear.format(new Date(date));

/** A time of the reader's day. */
export const time = (at: Date): string => clock.format(at);

/** "1 visit", "2 visits". */
export const visits = (count: number): string => `${number(count)} ${count === 1 ? "visit" : "visits"}`;

/** Bytes that are percent-encoded and not ASCII. */
const ENCODED = /(?:%[89A-F][0-9A-F])+/gi;
/** Characters that show nothing, or change how others are shown: controls, direction marks, odd spaces, fillers. */
const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

/** A page's name for people: letters of other scripts and emoji are shown as such, but for what could mislead the eye. */
export function readable(page: string): string {
  return page.replace(ENCODED, (bytes) => {
    try {
      return Array.from(decodeURIComponent(bytes), (char) => (INVISIBLE.test(char) ? encodeURIComponent(char) : char)).join("");
    } catch {
      return bytes;
    }
  });
}
