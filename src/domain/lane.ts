import type { Pending } from "./pending.ts";

/** A batch's limits: visits, and writes (one for the site, one a page, one an id). */
export const BATCH_VISITS = 400;
const BATCH_MUTATIONS = 500;
/** Of these, visits of pages that may be new, and such pages. */
const BATCH_NEW_VISITS = 200;
const BATCH_NEW_PAGES = 20;

/** One site's visits: those that wait, and the ids of all that are on their way. */
export interface Lane {
  readonly site: string;
  readonly waiting: Pending[];
  /** Those of pages that may be new. */
  readonly newcomers: Pending[];
  readonly ids: Map<string, Pending>;
  /** Until when its batch in flight may take; 0 when none is. */
  busyUntil: number;
  /** Ends the wait of its leader for more visits. */
  onFull?: () => void;
}

/** A lane on which nobody is. */
export function createLane(site: string): Lane {
  return { site, waiting: [], newcomers: [], ids: new Map(), busyUntil: 0 };
}

/** Who leads the next batch, and so must be in it. */
export function nextOf({ newcomers, waiting }: Lane): Pending | undefined {
  return newcomers[0] ?? waiting[0];
}

/** The next batch: in order of arrival, as many as the limits allow. */
export function formBatch({ newcomers, waiting }: Lane): Pending[] {
  const pages = new Set<string>();
  let mutations = 1;
  const take = (queue: Pending[], mostVisits: number, mostPages: number): Pending[] => {
    let count = 0;
    for (const { visit } of queue) {
      mutations += (pages.has(visit.page) ? 0 : 1) + (visit.id === null ? 0 : 1);
      pages.add(visit.page);
      if (count === mostVisits || mutations > BATCH_MUTATIONS || pages.size > mostPages) break;
      count += 1;
    }
    return queue.splice(0, count);
  };
  const first = take(newcomers, BATCH_NEW_VISITS, BATCH_NEW_PAGES);
  return first.concat(take(waiting, BATCH_VISITS - first.length, BATCH_MUTATIONS));
}

/** A visit that waited too long is not counted any more. Answers whether it still waited on this lane. */
export function leave(lane: Lane, queue: Pending[], pending: Pending): boolean {
  const index = queue.indexOf(pending);
  if (index >= 0) queue.splice(index, 1);
  forget(lane, pending);
  return index >= 0;
}

/** Its id is on its way no more. */
export function forget({ ids }: Lane, pending: Pending): void {
  const { id } = pending.visit;
  if (id !== null && ids.get(id) === pending) ids.delete(id);
}
