import { createBatchCommit } from "./batch-commit.ts";
import { HOUR_MS } from "./day.ts";
import { inTime } from "./in-time.ts";
import type { Meter } from "./meter.ts";
import { LATE, LEAD, type Outcome, Pending, SHED } from "./pending.ts";
import { BATCH_VISITS, createSiteQueue, forgetId, nextLeader, type SiteQueue, takeBatch, withdraw } from "./site-queue.ts";
import { type Batch, type Store, StoreError, type Visit } from "./store.ts";

/** Counts visits. */
export interface Recorder {
  /**
   * Resolves once the visit is durable; throws {@link StoreError} where that is not known in time.
   *
   * @param isNew whether its page may be new: a batch has few of these, so that a flood of them does not delay the known pages
   */
  record(site: string, visit: Visit, isNew?: boolean): Promise<Outcome>;
  /** Gives every visit at most a batch's time from now on; resolves when none is left. */
  drain(): Promise<void>;
}

/** Visits that one instance has accepted and not answered: some 100 MB. */
const MAX_IN_FLIGHT = 10_000;
/** A site's visits are shed while its oldest one has waited longer: they would miss their deadline, and delay the others. */
const MAX_QUEUE_MS = 4_000;
/** Batches in flight of one instance, each of another site. */
const SITES_IN_FLIGHT = 8;
/** How long a batch may try. */
const BATCH_DEADLINE_MS = 6_000;
/** How long a visit may take, from its arrival. */
const VISIT_DEADLINE_MS = 8_000;
/** How long after its deadline a batch is given up: its leader's request was cancelled. */
const GRACE_MS = 500;
const LONGEST_WAIT_MS = VISIT_DEADLINE_MS + GRACE_MS;
/** Ids are known for 24 hours; the rest is for clocks that differ and for retries. */
export const ID_LIFETIME_MS = 48 * HOUR_MS;

/**
 * Group commit: each site has one batch in flight, and the visits that arrive meanwhile form the next one. So a busy page costs one
 * commit for many visits, and a quiet page waits for nothing. One of a batch's own visits leads it, within that visit's request: a
 * worker's runtime cancels work together with the request that began it.
 *
 * @param options.now milliseconds since 1970
 * @param options.newId a unique id for each batch
 */
export function createRecorder(options: {
  store: Pick<Store, "commit">;
  now: () => number;
  newId: () => string;
  meter?: Meter;
  /** Calls back once the visits that have already arrived were recorded, so that they share a batch. Absent where a runtime cannot tell. */
  gather?: (onGathered: () => void) => void;
}): Recorder {
  const { store, now, newId, meter } = options;
  const queues = new Map<string, SiteQueue>();
  const active = new Set<SiteQueue>();
  const onIdle: (() => void)[] = [];
  let lastDeadline = Number.POSITIVE_INFINITY;
  let inFlight = 0;

  const newBatch = (site: string, visits: readonly Visit[]): Batch => ({ id: newId(), site, visits, expireAt: now() + ID_LIFETIME_MS });
  const commit = createBatchCommit({ store, newBatch, now, ...(meter && { meter }) });

  // One function frame and one timer for each waiting visit: thousands may wait at once.
  async function record(site: string, visit: Visit, isNew = false): Promise<Outcome> {
    if (inFlight >= MAX_IN_FLIGHT) return SHED;
    const queue = queues.get(site) ?? openQueue(site);
    const sameId = visit.id === null ? undefined : queue.ids.get(visit.id);
    if (sameId) return recordDuplicate(sameId, site, visit);
    const waiting = isNew ? queue.newPages : queue.known;
    const pending = new Pending(visit, now());
    if (pending.acceptedAt - (waiting[0] ?? pending).acceptedAt > MAX_QUEUE_MS) {
      elect(queue);
      return SHED;
    }
    waiting.push(pending);
    if (waiting.length >= BATCH_VISITS) queue.onFull?.();
    if (visit.id !== null) queue.ids.set(visit.id, pending);
    inFlight += 1;
    const timer = setTimeout(() => pending.turn.resolve(LATE), LONGEST_WAIT_MS);
    try {
      elect(queue);
      const turn = await pending.turn.promise;
      if (turn === LEAD) return await lead(queue, pending);
      if (turn !== LATE) return turn;
      if (withdraw(queue, waiting, pending) && queue.busyUntil <= now()) release(queue);
      // Its duplicates fail as well.
      pending.fail(late());
      return pending.result();
    } finally {
      clearTimeout(timer);
      inFlight -= 1;
    }
  }

  /** Waits for the pending visit with the same id. One answer settles all that wait: it tells which page the id has counted. */
  async function recordDuplicate(sameId: Pending, site: string, visit: Visit): Promise<Outcome> {
    inFlight += 1;
    const outcome = await inTime(sameId.duplicate, LONGEST_WAIT_MS, () => {
      throw late();
    }).finally(() => {
      inFlight -= 1;
    });
    if (sameId.visit.page === visit.page) return outcome;
    const counted = outcome.status === "conflict" ? outcome.counted : sameId.visit.page;
    return counted === visit.page ? record(site, visit) : { status: "conflict", counted };
  }

  function openQueue(site: string): SiteQueue {
    const queue = createSiteQueue(site);
    queues.set(site, queue);
    return queue;
  }

  /** Lets the first visit of a queue lead the next batch, unless the site or the instance has its batches in flight already. */
  function elect(queue: SiteQueue): void {
    const time = now();
    const leader = nextLeader(queue);
    if (!leader || queue.busyUntil > time) return;
    for (const other of active) if (other.busyUntil <= time) active.delete(other);
    if (active.size >= SITES_IN_FLIGHT) return;
    active.add(queue);
    queue.busyUntil = time + BATCH_DEADLINE_MS + GRACE_MS;
    leader.turn.resolve(LEAD);
  }

  function gather(queue: SiteQueue): Promise<void> | undefined {
    if (!options.gather || queue.known.length >= BATCH_VISITS) return undefined;
    // There must be one leader, however long the thread is blocked meanwhile.
    queue.busyUntil = Number.POSITIVE_INFINITY;
    return new Promise((resolve) => {
      queue.onFull = resolve;
      options.gather?.(resolve);
    });
  }

  async function lead(queue: SiteQueue, leader: Pending): Promise<Outcome> {
    await gather(queue);
    const term = now() + BATCH_DEADLINE_MS + GRACE_MS;
    queue.busyUntil = term;
    const members = takeBatch(queue);
    const oldest = members[0]?.acceptedAt ?? 0;
    try {
      await commit(queue.site, members, Math.min(now() + BATCH_DEADLINE_MS, oldest + VISIT_DEADLINE_MS, lastDeadline));
    } finally {
      for (const member of members) forgetId(queue, member);
      // Another leader may have taken over meanwhile.
      if (queue.busyUntil === term) release(queue);
    }
    return leader.result();
  }

  /** Ends a batch: other queues get the next turn, in order, before this one. */
  function release(queue: SiteQueue): void {
    queue.busyUntil = 0;
    active.delete(queue);
    queues.delete(queue.site);
    if (nextLeader(queue)) queues.set(queue.site, queue);
    for (const other of queues.values()) {
      if (active.size >= SITES_IN_FLIGHT) break;
      elect(other);
    }
    if (queues.size === 0) for (const resolve of onIdle.splice(0)) resolve();
  }

  function drain(): Promise<void> {
    lastDeadline = Math.min(lastDeadline, now() + BATCH_DEADLINE_MS);
    return queues.size === 0 ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve));
  }

  return { record, drain };
}

/** The leader may be another request, which was cancelled. */
function late(): StoreError {
  return new StoreError("the visit waited too long for a batch", { retryable: true });
}
