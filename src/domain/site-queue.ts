import type { Pending } from "./pending.ts";

/** The most visits of a batch, and the most mutations: one for the site, one a page, one an id. */
export const BATCH_VISITS = 400;
const BATCH_MUTATIONS = 500;
/** The part of a batch for pages that may be new: their visits, and such pages. */
const BATCH_NEW_VISITS = 200;
const BATCH_NEW_PAGES = 20;

/** The visits of one site that wait for a batch, and the ids of those that wait or are in flight. */
export interface SiteQueue {
  readonly site: string;
  /** Visits of known pages, in order of arrival. */
  readonly known: Pending[];
  /** Visits of pages that may be new, in order of arrival. */
  readonly newPages: Pending[];
  readonly ids: Map<string, Pending>;
  /** When the batch in flight is given up, in milliseconds since 1970; 0 where none is in flight. */
  busyUntil: number;
  /** Ends the gathering of a batch before its time: there are enough visits. */
  onFull?: () => void;
}

/** Creates a site's empty queue. */
export function createSiteQueue(site: string): SiteQueue {
  return { site, known: [], newPages: [], ids: new Map(), busyUntil: 0 };
}

/** The visit that leads the next batch, of which it must be a member; `null` where none waits. */
export function nextLeader({ newPages, known }: SiteQueue): Pending | null {
  return newPages[0] ?? known[0] ?? null;
}

/** Takes the next batch out of the queue: as many visits as the limits allow, in order of arrival, those of new pages first. */
export function takeBatch({ newPages, known }: SiteQueue): Pending[] {
  const pages = new Set<string>();
  let mutations = 1;
  const take = (waiting: Pending[], maxVisits: number, maxPages: number): Pending[] => {
    let count = 0;
    for (const { visit } of waiting) {
      mutations += (pages.has(visit.page) ? 0 : 1) + (visit.id === null ? 0 : 1);
      pages.add(visit.page);
      if (count === maxVisits || mutations > BATCH_MUTATIONS || pages.size > maxPages) break;
      count += 1;
    }
    return waiting.splice(0, count);
  };
  const first = take(newPages, BATCH_NEW_VISITS, BATCH_NEW_PAGES);
  return first.concat(take(known, BATCH_VISITS - first.length, BATCH_MUTATIONS));
}

/** Removes a visit that waited too long. Answers whether it still waited; otherwise a batch has it. */
export function withdraw(queue: SiteQueue, waiting: Pending[], pending: Pending): boolean {
  const index = waiting.indexOf(pending);
  if (index >= 0) waiting.splice(index, 1);
  forgetId(queue, pending);
  return index >= 0;
}

/** From now on the visit's id may be sent again. */
export function forgetId({ ids }: SiteQueue, pending: Pending): void {
  const { id } = pending.visit;
  if (id !== null && ids.get(id) === pending) ids.delete(id);
}
