const MINUTE_MS = 60_000;
const WINDOW_MS = 5 * MINUTE_MS;

/** Visits of the last minutes, as far as this page has seen totals. */
export interface Live {
  readonly visits: number;
  readonly minutes: number;
}

/** Tells the visits of the last minutes by the totals that were read anyway. */
export function createLive(): { see(site: string, total: number, at?: number): Live | null } {
  let shown = "";
  let seen: { at: number; total: number }[] = [];
  return {
    see(site, total, at = Date.now()) {
      // A correction takes visits away: what was seen before says nothing any more.
      if (site !== shown || total < (seen.at(-1)?.total ?? 0)) seen = [];
      shown = site;
      seen = [...seen.filter((one) => at - one.at <= WINDOW_MS), { at, total }];
      const first = seen[0];
      if (!first) return null;
      const visits = total - first.total;
      const elapsed = at - first.at;
      return visits > 0 || elapsed >= MINUTE_MS ? { visits, minutes: Math.max(1, Math.round(elapsed / MINUTE_MS)) } : null;
    },
  };
}
