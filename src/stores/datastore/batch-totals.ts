import type { Batch, Count, Receipt, Visit } from "../../domain/store.ts";
import type { Session } from "./context.ts";
import { countOf } from "./counter.ts";
import { fieldsOn, readSnapshot, type Snapshot } from "./snapshot.ts";
import { type Timestamp, TransportError } from "./transport.ts";

/** The counters of a batch. */
export type Totals = Omit<Receipt, "refused">;

/** The days of some visits. */
export function daysNamed(visits: readonly Visit[]): string[] {
  return [...new Set(visits.map(({ day }) => day))];
}

/** The days on which a batch has visits of a page. */
export function daysOfPage({ visits }: Pick<Batch, "visits">, page: string): string[] {
  return daysNamed(visits.filter((visit) => visit.page === page));
}

/**
 * The counters of a batch at a past moment, by default the current ones. The commit they belong to stands, so a failure to read them is
 * reported as an unknown outcome and never as a refusal of the batch.
 */
export function readAt(session: Session, batch: Batch, pages: readonly string[], readTime?: Timestamp): Promise<Snapshot> {
  const at = readTime === undefined ? undefined : { readTime };
  const fields = fieldsOn(session, daysNamed(batch.visits));
  return readSnapshot(session, batch.site, pages, { fields }, at).catch((cause: unknown) => {
    throw new TransportError("UNKNOWN", "the totals after a commit could not be read", cause);
  });
}

/** The same as totals. */
export async function totalsAt(session: Session, batch: Batch, pages: readonly string[], readTime?: Timestamp): Promise<Totals> {
  return totalsOf(await readAt(session, batch, pages, readTime), batch, pages);
}

/** What a snapshot of these pages says of a batch. */
export function totalsOf(snapshot: Snapshot, batch: Batch, pages: readonly string[]): Totals {
  return {
    site: countOf(snapshot.site, daysNamed(batch.visits)),
    pages: Object.fromEntries(pages.map((page, index) => [page, countOf(snapshot.pages[index] ?? snapshot.site, daysOfPage(batch, page))])),
  };
}

/** Totals of a commit, with current ones where it tells none. */
export function withCurrent(totals: Totals, current: Totals): Totals {
  const merge = (count: Count | undefined, now: Count): Count => ({ ...now, ...count, days: { ...now.days, ...count?.days } });
  const pages = Object.fromEntries(Object.entries(current.pages).map(([page, now]) => [page, merge(totals.pages[page], now)]));
  return { site: merge(totals.site, current.site), pages: { ...totals.pages, ...pages } };
}
