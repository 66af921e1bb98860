import type { Misfit, NewTotals } from "./store.ts";

/** What totals are checked against. */
export interface Before {
  /** All visits, and those that must stay: a page's that bear a day, or those that a site's pages have. */
  readonly visits: number;
  readonly bound: number;
  /** Visitors in all and those of its days, as shown; `null` where visitors are off. */
  readonly visitors: { readonly total: number; readonly dated: number } | null;
}

/** The totals to set: of visits, and the visitors that no day has (`null` where visitors are off). */
interface After {
  readonly visits: number;
  readonly start: number | null;
}

/** Checks totals that an administrator sets. Days that are dropped bind nothing. */
export function applyTotals(before: Before, { visits, visitors, dropDays }: NewTotals): After | Misfit {
  const after = visits ?? before.visits;
  const bound = dropDays ? 0 : before.bound;
  if (after < bound) return { misfit: "visits", value: after, least: bound, most: null };
  if (!before.visitors) return { visits: after, start: null };
  const dated = dropDays ? 0 : before.visitors.dated;
  const total = visitors ?? before.visitors.total - before.visitors.dated + dated;
  if (total < dated || total > after) return { misfit: "visitors", value: total, least: dated, most: after };
  return { visits: after, start: total - dated };
}

/** Whether a result says that totals do not fit. */
export function isMisfit<T extends object>(result: T | Misfit): result is Misfit {
  return "misfit" in result;
}
