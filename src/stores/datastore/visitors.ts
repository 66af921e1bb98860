import type { Count, Visit, VisitorCount } from "../../domain/store.ts";
import { createSketchCopies, isStale, type SketchCopies } from "../../domain/visitors/copies.ts";
import { estimate } from "../../domain/visitors/estimator.ts";
import { grow, type Place, type Sketch } from "../../domain/visitors/sketch.ts";
import { placesOf } from "../../domain/visitors/visitor.ts";
import { type Session, shardsOf } from "./context.ts";
import { type CounterCopy, copyFrom, EMPTY } from "./counter-copy.ts";
import { dayPath } from "./days.ts";
import { readCounters } from "./read-sketches.ts";
import { restate } from "./restate.ts";
import { raisedTo, raiseRegisters } from "./sketches.ts";
import type { Mutation, Transform } from "./transport.ts";
import { integer } from "./values.ts";

/** Sketches that an instance keeps: 8 to 16 MB. */
const COPIES = 2_000;

/** A counter's part of a commit. */
interface Part {
  readonly page: string | null;
  readonly day: string;
  readonly places: readonly Place[];
  readonly copy: CounterCopy;
  /** The sketch with those places, and what is sent of them. */
  readonly sketch: Sketch;
  readonly grown: readonly Place[];
}

/** The numbers that a commit's transforms came to, by the paths of their properties. */
type Results = (property: string) => number;

/** The visitors of one commit. */
interface CommitVisitors {
  /** What the commit changes of a counter. */
  transforms(page: string | null): Transform[];
  /** What it changes of sketches: those in which a register grows. */
  readonly sketches: readonly Mutation[];
  /** What the commit's results say of a counter whose visits they told; after `learn`. */
  count(page: string | null, results: Results, told: Pick<Count, "visits" | "days">): VisitorCount;
  /** Learns from the results of all counters, and of `sketches`, once the commit stands. */
  learn(counters: ReadonlyMap<string | null, Results>, sketches: readonly Results[]): Promise<void>;
}

/** Prepares commits: the sketches of the counters that visits are for, read where the instance has no fresh copy. */
export type PrepareVisitors = (session: Session, site: string, shard: number, visits: readonly Visit[]) => Promise<CommitVisitors>;

export function createVisitors(): PrepareVisitors {
  const copies = createSketchCopies<CounterCopy>(COPIES);
  return (session, site, shard, visits) => prepare(session, copies, site, shard, visits);
}

async function prepare(
  session: Session,
  copies: SketchCopies<CounterCopy>,
  site: string,
  shard: number,
  visits: readonly Visit[],
): Promise<CommitVisitors> {
  const { keys, now } = session;
  const placesBy = new Map(placesOf(visits).map(({ page, day, places }) => [`${day} ${page ?? ""}`, places]));
  const wanted = new Map<string, { page: string | null; day: string }>();
  const sent = new Map<string | null, number>();
  for (const { page, day } of visits) {
    for (const one of [null, page]) {
      wanted.set(`${day} ${one ?? ""}`, { page: one, day });
      sent.set(one, (sent.get(one) ?? 0) + 1);
    }
  }

  // The shard is part of the name, as each has an epoch of its own.
  const place = `${site}#${shard}`;
  const known = (page: string | null, day: string): CounterCopy | undefined => {
    const copy = copies.get(place, page, day);
    const isShared = copy?.shared || shardsOf(session, site) > 1;
    return copy && isShared && isStale(copy, now()) ? undefined : copy;
  };

  async function read(missing: readonly { page: string | null; day: string }[]): Promise<void> {
    if (missing.length === 0) return;
    const countersOf = await readCounters(session, site, [...new Set(missing.map(({ page }) => page))]);
    for (const { page, day } of missing) copies.set(place, page, day, copyFrom(countersOf(page), shard, day, now()));
  }

  await read([...wanted.values()].filter(({ page, day }) => !known(page, day)));
  const parts: Part[] = [...wanted.values()].map(({ page, day }) => {
    const copy = copies.get(place, page, day) ?? EMPTY;
    const places = placesBy.get(`${day} ${page ?? ""}`) ?? [];
    return { page, day, places, copy, ...grow(copy.sketch, places) };
  });
  const byPage = Map.groupBy(parts, ({ page }) => page);
  const partsOf = (page: string | null): Part[] => byPage.get(page) ?? [];
  const newest = parts.reduce((day, part) => (part.day > day ? part.day : day), "");
  const growing = [...byPage].filter(([, own]) => own.some(({ grown }) => grown.length > 0));
  const madeAt = now();

  /** What was sent for an epoch: the time, where the counter has none yet. */
  const sentEpoch = ({ epoch }: CounterCopy): number => (epoch === 0 ? madeAt : 0);
  const sentEstimate = ({ sketch, copy }: Part): number => Math.max(estimate(sketch), copy.estimated);
  /** A counter that was corrected, or made anew, since it was read: what the copy knows, and sent, may be missing there. */
  const isOutdated = (copy: CounterCopy, results: Results): boolean => results("epoch") !== (copy.epoch || sentEpoch(copy));

  return {
    sketches: growing.map(([page, own]) => raiseRegisters(keys.sketch(site, page, shard), own)),

    transforms(page) {
      const own = partsOf(page);
      const [first] = own;
      if (!first) return [];
      const estimates: Record<string, number> = {};
      for (const { copy } of own) Object.assign(estimates, copy.folds);
      for (const part of own) if (sentEstimate(part) > 0) estimates[part.day] = sentEstimate(part);
      return [
        { property: "epoch", maximum: integer(sentEpoch(first.copy)) },
        ...Object.entries(estimates).map(([day, estimated]) => ({ property: dayPath(day, "visitors"), maximum: integer(estimated) })),
      ];
    },

    count(page, results, { visits: all, days }) {
      const shown: Record<string, number> = {};
      let last = "";
      let others = 0;
      for (const { day, copy } of partsOf(page)) {
        const current = copies.get(place, page, day) ?? copy;
        const told = isOutdated(copy, results) ? 0 : results(dayPath(day, "visitors"));
        shown[day] = Math.min(days[day] ?? 0, Math.max(told, current.estimated) + current.added);
        if (day > last) [last, others] = [day, current.others];
      }
      return { total: Math.min(all, others + (shown[last] ?? 0)), days: shown };
    },

    async learn(counters, sketches) {
      const outdated: Part[] = [];
      const raised = new Map(growing.map(([page], index) => [page, sketches[index]]));
      for (const part of parts) {
        const { page, day, copy, sketch, grown } = part;
        const result = counters.get(page);
        if (!result) continue;
        if (isOutdated(copy, result)) {
          outdated.push(part);
          continue;
        }
        for (const one of raisedTo(day, grown, raised.get(page))) sketch.add(one);
        const count = result("count");
        const shared = copy.shared || count !== copy.count + (sent.get(page) ?? 0);
        const estimated = result(dayPath(day, "visitors"));
        copies.set(place, page, day, { ...copy, sketch, epoch: result("epoch"), estimated, count, shared, folds: {} });
        if (day !== newest) forgetNewest(page);
      }
      // They have this commit's estimate, which is too large, and lack what the commit left out.
      for (const [page, own] of Map.groupBy(outdated, (part) => part.page)) await restate(session, site, page, shard, own);
      await read(outdated);
    },
  };

  /** A late visit of yesterday's changes what today's copy knows of other days. */
  function forgetNewest(page: string | null): void {
    const today = copies.get(place, page, newest);
    if (today) copies.set(place, page, newest, { ...today, shared: true, readAt: Number.NEGATIVE_INFINITY });
  }
}
