import { inTime } from "./in-time.ts";
import type { Meter } from "./meter.ts";
import { type Batch, type Receipt, type Store, StoreError, type Visit } from "./store.ts";

/** What became of a visit. Totals are those after it (`counted`), or the current ones. `shed`: there was no room, it was not taken on. */
export type Outcome =
  | { readonly status: "counted" | "duplicate"; readonly visits: number; readonly siteVisits: number }
  | { readonly status: "conflict" }
  | { readonly status: "shed" };

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

/** A batch's limits: visits, and writes (one for the site, one a page, one an id). */
export const BATCH_VISITS = 400;
export const BATCH_MUTATIONS = 500;
/** Of these, visits of pages that may be new, and such pages. */
const BATCH_NEW_VISITS = 200;
const BATCH_NEW_PAGES = 20;
/** Visits that one instance takes on at the same time: some 100 MB. */
export const MAX_IN_FLIGHT = 10_000;
/** While the oldest visit of a site waits longer, no more are taken on: they would come too late, and make the others late. */
const MAX_QUEUE_MS = 4_000;
const SHED: Outcome = { status: "shed" };
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
export const ID_LIFETIME_MS = 48 * 3_600_000;

const LEAD = Symbol("lead");

/** A visit that waits for its turn to lead, or for its outcome. */
class Pending {
  readonly visit: Visit;
  readonly acceptedAt: number;
  readonly turn = Promise.withResolvers<Outcome | typeof LEAD>();
  #repeats: PromiseWithResolvers<Outcome> | undefined;
  #result: (() => Outcome) | undefined;

  constructor(visit: Visit, acceptedAt: number) {
    this.visit = visit;
    this.acceptedAt = acceptedAt;
  }

  /** The outcome for another send of the same id. */
  get repeat(): Promise<Outcome> {
    this.#repeats ??= Promise.withResolvers();
    return this.#repeats.promise;
  }

  /** The outcome, or the failure, for the leader that has committed its own batch. */
  result(): Outcome {
    if (!this.#result) throw new Error("a batch left its leader without an outcome");
    return this.#result();
  }

  settle(outcome: Outcome): void {
    this.#result = () => outcome;
    this.turn.resolve(outcome);
    this.#repeats?.resolve(outcome.status === "counted" ? { ...outcome, status: "duplicate" } : outcome);
  }

  fail(error: unknown): void {
    this.#result = () => {
      throw error;
    };
    this.turn.reject(error);
    this.#repeats?.reject(error);
  }
}

/** One site's visits: those that wait, and the ids of all that are on their way. */
interface Lane {
  readonly site: string;
  readonly waiting: Pending[];
  /** Those of pages that may be new. */
  readonly newcomers: Pending[];
  readonly ids: Map<string, Pending>;
  /** Until when its batch in flight may take; 0 when none is. */
  busyUntil: number;
}

/**
 * Group commit: a site has one batch in flight, and the visits that arrive meanwhile form the next one, so a busy page costs one
 * commit for many visits and a quiet one waits for nobody. Each batch is led by one of its own visits, in that request's context
 * (on Workers, work is cancelled with the request that began it).
 */
export function createRecorder(options: { store: Pick<Store, "commit">; now: () => number; newId: () => string; meter?: Meter }): Recorder {
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

  async function record(site: string, visit: Visit, isNew = false): Promise<Outcome> {
    if (inFlight >= MAX_IN_FLIGHT) return SHED;
    inFlight += 1;
    try {
      return await join(lanes.get(site) ?? open(site), visit, isNew);
    } finally {
      inFlight -= 1;
    }
  }

  async function join(lane: Lane, visit: Visit, isNew: boolean): Promise<Outcome> {
    const twin = visit.id === null ? undefined : lane.ids.get(visit.id);
    if (twin && twin.visit.page !== visit.page) return { status: "conflict" };
    if (twin) return inTime(twin.repeat, LONGEST_WAIT_MS, tooLate);
    const queue = isNew ? lane.newcomers : lane.waiting;
    const pending = new Pending(visit, now());
    if (pending.acceptedAt - (queue[0] ?? pending).acceptedAt > MAX_QUEUE_MS) {
      elect(lane);
      return SHED;
    }
    queue.push(pending);
    if (visit.id !== null) lane.ids.set(visit.id, pending);
    elect(lane);
    const turn = await inTime(pending.turn.promise, LONGEST_WAIT_MS, () => {
      leave(lane, queue, pending);
      return tooLate();
    });
    return turn === LEAD ? lead(lane, pending) : turn;
  }

  function open(site: string): Lane {
    const lane: Lane = { site, waiting: [], newcomers: [], ids: new Map(), busyUntil: 0 };
    lanes.set(site, lane);
    return lane;
  }

  /** Hands the lane's next batch to its first visit, if the lane and the instance have room for a batch. */
  function elect(lane: Lane): void {
    const time = now();
    const next = nextOf(lane);
    if (!next || lane.busyUntil > time) return;
    if (active.size >= SITES_IN_FLIGHT) for (const other of active) if (other.busyUntil <= time) active.delete(other);
    if (active.size >= SITES_IN_FLIGHT) return;
    active.add(lane);
    lane.busyUntil = time + BATCH_DEADLINE_MS + GRACE_MS;
    next.turn.resolve(LEAD);
  }

  async function lead(lane: Lane, leader: Pending): Promise<Outcome> {
    const term = lane.busyUntil;
    const members = form(lane);
    const oldest = members[0]?.acceptedAt ?? 0;
    try {
      await commit(lane.site, members, Math.min(now() + BATCH_DEADLINE_MS, oldest + VISIT_DEADLINE_MS, lastDeadline));
    } finally {
      for (const member of members) forget(lane, member);
      if (lane.busyUntil === term) release(lane);
    }
    return leader.result();
  }

  /** The next batch: in order of arrival, as many as the limits allow. */
  function form({ newcomers, waiting }: Lane): Pending[] {
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

  /** A visit that waited too long is not counted any more. */
  function leave(lane: Lane, queue: Pending[], pending: Pending): void {
    const index = queue.indexOf(pending);
    if (index < 0) return;
    queue.splice(index, 1);
    forget(lane, pending);
  }

  function forget(lane: Lane, { visit }: Pending): void {
    if (visit.id !== null) lane.ids.delete(visit.id);
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

/** Who leads the next batch, and so must be in it. */
function nextOf({ newcomers, waiting }: Lane): Pending | undefined {
  return newcomers[0] ?? waiting[0];
}

/** Numbers the counted visits: the last one has the total, each before it one less. */
function settle(members: readonly Pending[], receipt: Receipt): void {
  let siteVisits = receipt.siteVisits;
  const visits: Record<string, number> = { ...receipt.visits };
  for (let index = members.length - 1; index >= 0; index -= 1) {
    const member = members[index];
    if (!member) continue;
    const { page } = member.visit;
    const refused = receipt.refused[index];
    if (refused === "conflict") member.settle({ status: "conflict" });
    else if (refused) member.settle({ status: "duplicate", visits: receipt.visits[page] ?? 0, siteVisits: receipt.siteVisits });
    else {
      const number = visits[page] ?? 0;
      member.settle({ status: "counted", visits: number, siteVisits });
      visits[page] = number - 1;
      siteVisits -= 1;
    }
  }
}

/** A visit's leader may be another request, which was cancelled. */
function tooLate(): never {
  throw new StoreError("the visit waited too long for its turn", { retryable: true });
}
