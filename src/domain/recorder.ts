import { HOUR_MS } from "./day.ts";
import { inTime } from "./in-time.ts";
import { BATCH_VISITS, createLane, forget, formBatch, type Lane, leave, nextOf } from "./lane.ts";
import type { Meter } from "./meter.ts";
import { LATE, LEAD, type Outcome, Pending, SHED, settle } from "./pending.ts";
import { type Batch, type Store, StoreError, type Visit } from "./store.ts";

/** Counts visits. */
export interface Recorder {
  /**
   * Resolves once the visit is durable; throws {@link StoreError} where that is not known in time.
   *
   * @param isNew its page may be a new one: only a few such pages are in a batch, so that the others do not wait for a flood of them
   */
  record(site: string, visit: Visit, isNew?: boolean): Promise<Outcome>;
  /** From now on every visit has at most as long as a batch; resolves when none is on its way. */
  drain(): Promise<void>;
}

/** Visits that one instance takes on at the same time: some 100 MB. */
const MAX_IN_FLIGHT = 10_000;
/** While the oldest visit of a site waits longer, no more are taken on: they would come too late, and make the others late. */
const MAX_QUEUE_MS = 4_000;
/** Batches that one instance has in flight, each of another site. */
const SITES_IN_FLIGHT = 8;
/** How long a batch may try. */
const BATCH_DEADLINE_MS = 6_000;
/** How long a visit may take, from its arrival. */
const VISIT_DEADLINE_MS = 8_000;
/** After the deadline, a batch whose leader was cancelled is given up, and its followers answered. */
const GRACE_MS = 500;
const LONGEST_WAIT_MS = VISIT_DEADLINE_MS + GRACE_MS;
/** Ids are known for 24 hours, and with room for clocks and retries. */
export const ID_LIFETIME_MS = 48 * HOUR_MS;

/**
 * Group commit: a site has one batch in flight, and the visits that arrive meanwhile form the next one, so a busy page costs one
 * commit for many visits and a quiet one waits for nobody. Each batch is led by one of its own visits, in that request's context
 * (on Workers, work is cancelled with the request that began it).
 */
export function createRecorder(options: {
  store: Pick<Store, "commit">;
  now: () => number;
  newId: () => string;
  meter?: Meter;
  /** Calls back when the visits that have arrived already are in, so that they share a batch: where a runtime can tell. */
  gather?: (onGathered: () => void) => void;
}): Recorder {
  const { store, now, newId, meter } = options;
  const lanes = new Map<string, Lane>();
  const active = new Set<Lane>();
  const idle: (() => void)[] = [];
  let lastDeadline = Number.POSITIVE_INFINITY;
  let inFlight = 0;

  const onRetry = (): void => meter?.add("retries");

  function measure(visits: number, ms: number): void {
    meter?.add("batches");
    meter?.add("batchVisits", visits);
    meter?.peak("batchVisitsMax", visits);
    meter?.add("commitMs", ms);
    meter?.peak("commitMsMax", ms);
  }

  // One frame and one timer for as long as a visit waits: there may be thousands that do.
  async function record(site: string, visit: Visit, isNew = false): Promise<Outcome> {
    if (inFlight >= MAX_IN_FLIGHT) return SHED;
    const lane = lanes.get(site) ?? open(site);
    const twin = visit.id === null ? undefined : lane.ids.get(visit.id);
    if (twin) return repeat(twin, site, visit);
    const queue = isNew ? lane.newcomers : lane.waiting;
    const pending = new Pending(visit, now());
    if (pending.acceptedAt - (queue[0] ?? pending).acceptedAt > MAX_QUEUE_MS) {
      elect(lane);
      return SHED;
    }
    queue.push(pending);
    if (queue.length >= BATCH_VISITS) lane.onFull?.();
    if (visit.id !== null) lane.ids.set(visit.id, pending);
    inFlight += 1;
    const timer = setTimeout(() => pending.turn.resolve(LATE), LONGEST_WAIT_MS);
    try {
      elect(lane);
      const turn = await pending.turn.promise;
      if (turn === LEAD) return await lead(lane, pending);
      if (turn !== LATE) return turn;
      if (leave(lane, queue, pending) && lane.busyUntil <= now()) release(lane);
      // Whoever sent it again meanwhile is told as well.
      pending.fail(late());
      return pending.result();
    } finally {
      clearTimeout(timer);
      inFlight -= 1;
    }
  }

  /** Another send of an id that is on its way. Where that is refused as another page's, this may be the page. */
  async function repeat(twin: Pending, site: string, visit: Visit): Promise<Outcome> {
    inFlight += 1;
    const outcome = await inTime(twin.repeat, LONGEST_WAIT_MS, () => {
      throw late();
    }).finally(() => {
      inFlight -= 1;
    });
    if (twin.visit.page === visit.page) return outcome;
    return outcome.status === "conflict" ? record(site, visit) : { status: "conflict" };
  }

  function open(site: string): Lane {
    const lane = createLane(site);
    lanes.set(site, lane);
    return lane;
  }

  /** Hands the lane's next batch to its first visit, if the lane and the instance have room for a batch. */
  function elect(lane: Lane): void {
    const time = now();
    const next = nextOf(lane);
    if (!next || lane.busyUntil > time) return;
    for (const other of active) if (other.busyUntil <= time) active.delete(other);
    if (active.size >= SITES_IN_FLIGHT) return;
    active.add(lane);
    lane.busyUntil = time + BATCH_DEADLINE_MS + GRACE_MS;
    next.turn.resolve(LEAD);
  }

  function gather(lane: Lane): Promise<void> | undefined {
    if (!options.gather || lane.waiting.length >= BATCH_VISITS) return undefined;
    // However long the thread is held meanwhile, nobody else is to lead.
    lane.busyUntil = Number.POSITIVE_INFINITY;
    return new Promise((resolve) => {
      lane.onFull = resolve;
      options.gather?.(resolve);
    });
  }

  async function lead(lane: Lane, leader: Pending): Promise<Outcome> {
    await gather(lane);
    const term = now() + BATCH_DEADLINE_MS + GRACE_MS;
    lane.busyUntil = term;
    const members = formBatch(lane);
    const oldest = members[0]?.acceptedAt ?? 0;
    try {
      await commit(lane.site, members, Math.min(now() + BATCH_DEADLINE_MS, oldest + VISIT_DEADLINE_MS, lastDeadline));
    } finally {
      for (const member of members) forget(lane, member);
      if (lane.busyUntil === term) release(lane);
    }
    return leader.result();
  }

  /** Settles every member. A batch that the store refuses for good is split until only the visit at fault fails. */
  async function commit(site: string, members: readonly Pending[], deadline: number): Promise<void> {
    const batch: Batch = { id: newId(), site, visits: members.map((member) => member.visit), expireAt: now() + ID_LIFETIME_MS };
    const begunAt = now();
    try {
      settle(members, await store.commit(batch, deadline, onRetry));
      measure(members.length, now() - begunAt);
    } catch (error) {
      const half = members.length >> 1;
      if (half === 0 || !(error instanceof StoreError) || error.retryable) {
        meter?.add("unknown");
        for (const member of members) member.fail(error);
        return;
      }
      await commit(site, members.slice(0, half), deadline);
      await commit(site, members.slice(half), deadline);
    }
  }

  function release(lane: Lane): void {
    lane.busyUntil = 0;
    active.delete(lane);
    // To the end of the line: a busy site must not keep the others waiting.
    lanes.delete(lane.site);
    if (nextOf(lane)) lanes.set(lane.site, lane);
    for (const other of lanes.values()) {
      if (active.size >= SITES_IN_FLIGHT) break;
      elect(other);
    }
    if (lanes.size === 0) for (const resolve of idle.splice(0)) resolve();
  }

  function drain(): Promise<void> {
    lastDeadline = Math.min(lastDeadline, now() + BATCH_DEADLINE_MS);
    return lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve));
  }

  return { record, drain };
}

/** A visit's leader may be another request, which was cancelled. */
function late(): StoreError {
  return new StoreError("the visit waited too long for its turn", { retryable: true });
}
