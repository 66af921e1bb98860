/** Numbers of a counter by day, as they are stored. */
export interface VisitorDays {
  /** A day's visits. */
  readonly visits: Readonly<Record<string, number>>;
  /** A day's estimate. */
  readonly estimated: Readonly<Record<string, number>>;
  /** Visitors that an import brought to a day. */
  readonly added: Readonly<Record<string, number>>;
}

/** A day's visitors as they are shown: estimated and imported ones, at most the day's visits. */
export function shownOn({ visits, estimated, added }: VisitorDays, day: string): number {
  return Math.min(visits[day] ?? 0, (estimated[day] ?? 0) + (added[day] ?? 0));
}

/** All visitors as they are shown: the start value and each day's. */
export function shownInAll(start: number, days: VisitorDays): number {
  const named = new Set([...Object.keys(days.estimated), ...Object.keys(days.added)]);
  return [...named].reduce((sum, day) => sum + shownOn(days, day), start);
}

/** A site's visitors beside those of some of its pages: no page may show more than its site. */
export function atLeast(site: number, pages: Iterable<number>): number {
  return Math.max(site, ...pages);
}
