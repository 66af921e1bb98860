import { dayOf } from "../../domain/day.ts";
import type { Count, Days, Visit, VisitorCount } from "../../domain/store.ts";
import { createSketchCopies, isStale, type SketchCopies, type SketchCopy } from "../../domain/visitors/copies.ts";
import { isAhead, newestBefore, sketchOf } from "../../domain/visitors/day-ranks.ts";
import { estimate } from "../../domain/visitors/estimator.ts";
import { grow, type Place, Sketch } from "../../domain/visitors/sketch.ts";
import { placesOf } from "../../domain/visitors/visitor.ts";
import { clearAhead } from "./clear-ahead.ts";
import { type Session, shardsOf } from "./context.ts";
import { allFields, sumShards, visitorsOf } from "./counter.ts";
import { dayPath, daysOf, daysValue } from "./days.ts";
import { keyName, lookup } from "./lookup.ts";
import { setCounter } from "./mutations.ts";
import { raisedTo, raiseRegisters, ranksOf, SKETCH_FIELDS } from "./sketches.ts";
import { inTransaction } from "./transaction.ts";
import type { Entity, Key, Properties, ReadOptions, Transform } from "./transport.ts";
import { integer, numberOf } from "./values.ts";

/** Sketches that an instance keeps: 8 to 16 MB. */
const COPIES = 2_000;
/** Counters with sketches in one lookup: each may be 500 KB of JSON. */
const KEYS_PER_LOOKUP = 50;

/** What an instance knows of a counter's visitors on a day. The sketch is that of all shards, `epoch` and `count` of the one written to. */
interface CounterCopy extends SketchCopy {
  /** The largest estimate that was seen. */
  readonly estimated: number;
  /** What an import added to the day. */
  readonly added: number;
  /** The visitors of all other days and the start value, as shown. */
  readonly others: number;
  /** The shard's visits, right after the last read or commit. */
  readonly count: number;
  /** Others have written since. */
  readonly shared: boolean;
  /** Estimates of earlier days over all shards that are not stored yet. */
  readonly folds: Days;
}

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

/** The visitors of one commit. */
interface CommitVisitors {
  /** What the commit changes of a counter. */
  transforms(page: string | null): Transform[];
  /** What the commit's results say of a counter whose visits they told; after `learn`. */
  count(page: string | null, results: (property: string) => number, told: Pick<Count, "visits" | "days">): VisitorCount;
  /** Learns from the results of all counters, once the commit stands. */
  learn(results: ReadonlyMap<string | null, (property: string) => number>): Promise<void>;
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
  const { now } = session;
  const placesBy = new Map(placesOf(visits).map(({ page, day, places }) => [`${day} ${page ?? ""}`, places]));
  const wanted = new Map<string, { page: string | null; day: string }>();
  for (const { page, day } of visits) for (const one of [null, page]) wanted.set(`${day} ${one ?? ""}`, { page: one, day });
  const own = new Map<string | null, number>();
  for (const { page } of visits) for (const one of [null, page]) own.set(one, (own.get(one) ?? 0) + 1);

  // The shard is part of the name, as each has an epoch of its own.
  const place = `${site}#${shard}`;
  const known = (page: string | null, day: string): CounterCopy | undefined => {
    const copy = copies.get(place, page, day);
    return copy?.shared && isStale(copy, now()) ? undefined : copy;
  };

  async function read(counters: Iterable<{ page: string | null; day: string }>): Promise<void> {
    const missing = [...counters];
    if (missing.length === 0) return;
    const entities = await readCounters(session, site, [...new Set(missing.map(({ page }) => page))]);
    for (const { page, day } of missing) {
      copies.set(place, page, day, copyFrom(entities(page), entities(page)[shard], day, now(), shardsOf(session, site) > 1));
    }
  }

  await read([...wanted.values()].filter(({ page, day }) => !known(page, day)));
  const parts: Part[] = [...wanted.values()].map(({ page, day }) => {
    const copy = copies.get(place, page, day) ?? EMPTY;
    const places = placesBy.get(`${day} ${page ?? ""}`) ?? [];
    return { page, day, places, copy, ...grow(copy.sketch, places) };
  });
  const partsOf = (page: string | null): Part[] => parts.filter((part) => part.page === page);
  const madeAt = now();

  /** What was sent for an epoch: the time, where the counter has none yet. */
  const sentEpoch = ({ epoch }: CounterCopy): number => (epoch === 0 ? madeAt : 0);
  const sentEstimate = ({ sketch, copy }: Part): number => Math.max(estimate(sketch), copy.estimated);

  return {
    transforms(page) {
      const own = partsOf(page);
      const [first] = own;
      if (!first) return [];
      const transforms: Transform[] = [{ property: "epoch", maximum: integer(sentEpoch(first.copy)) }];
      const estimates: Record<string, number> = {};
      for (const { copy } of own) Object.assign(estimates, copy.folds);
      for (const part of own) if (sentEstimate(part) > 0) estimates[part.day] = sentEstimate(part);
      for (const [day, estimated] of Object.entries(estimates)) {
        transforms.push({ property: dayPath(day, "visitors"), maximum: integer(estimated) });
      }
      for (const { day, grown } of own) transforms.push(...raiseRegisters(day, grown));
      return transforms;
    },

    count(page, results, { visits: all, days }) {
      const shown: Record<string, number> = {};
      let newest = "";
      let others = 0;
      for (const { day, copy } of partsOf(page)) {
        const known = copies.get(place, page, day) ?? copy;
        shown[day] = Math.min(days[day] ?? 0, Math.max(results(dayPath(day, "visitors")), known.estimated) + known.added);
        if (day > newest) [newest, others] = [day, known.others];
      }
      return { total: Math.min(all, others + (shown[newest] ?? 0)), days: shown };
    },

    async learn(results) {
      const outdated: Part[] = [];
      const newest = parts.reduce((day, part) => (part.day > day ? part.day : day), "");
      for (const part of parts) {
        const { page, day, copy, sketch, grown } = part;
        const result = results.get(page);
        if (!result) continue;
        const epoch = copy.epoch || sentEpoch(copy);
        // A counter that was corrected, or made anew, since it was read: what the copy knows may be missing there.
        if (result("epoch") !== epoch) {
          outdated.push(part);
          continue;
        }
        for (const one of raisedTo(day, grown, result)) sketch.add(one);
        const count = result("count");
        const shared = copy.shared || count !== copy.count + (own.get(page) ?? 0);
        const estimated = result(dayPath(day, "visitors"));
        copies.set(place, page, day, { ...copy, sketch, epoch, estimated, count, shared, folds: {} });
        // A late visit of yesterday's changes what today's copy knows of other days.
        if (day !== newest) forgetToday(page, newest);
      }
      if (outdated.length > 0) await catchUp(outdated);
    },
  };

  function forgetToday(page: string | null, newest: string): void {
    const today = copies.get(place, page, newest);
    if (today) copies.set(place, page, newest, { ...today, shared: true, readAt: Number.NEGATIVE_INFINITY });
  }

  /**
   * Counters that were made anew since they were read have this commit's estimate, which is too large, and lack what the commit left out.
   */
  async function catchUp(outdated: readonly Part[]): Promise<void> {
    for (const page of new Set(outdated.map((part) => part.page))) {
      const own = outdated.filter((part) => part.page === page);
      await restate(session, site, page, shard, own);
    }
    await read(outdated);
  }
}

/** Sets a counter's estimates of some days to what its sketches say with these places, and adds the places. Any number of times. */
function restate(
  session: Session,
  site: string,
  page: string | null,
  shard: number,
  days: readonly { readonly day: string; readonly places: readonly Place[] }[],
): Promise<void> {
  return inTransaction(session, "readWrite", async (transaction, onCommitted) => {
    const shards = (await readCounters(session, site, [page], { transaction }))(page);
    const own = shards[shard];
    if (!own) return;
    const estimates = daysOf(own, null, "visitors");
    const propertyTransforms: Transform[] = [];
    for (const { day, places } of days) {
      const { sketch, grown } = grow(mergedSketch(shards, day), places);
      estimates[day] = estimate(sketch);
      propertyTransforms.push(...raiseRegisters(day, grown));
    }
    const { start } = own.properties?.["visitors"]?.entityValue?.properties ?? {};
    const properties: Properties = { ...daysValue(estimates).entityValue?.properties, ...(start && { start }) };
    const mutation = { ...setCounter(own.key, { visitors: { entityValue: { properties } } }), propertyTransforms };
    await session.call("commit", { mode: "TRANSACTIONAL", transaction, mutations: [mutation] });
    onCommitted();
  });
}

/** The sketch of a day over all shards. */
function mergedSketch(shards: readonly (Entity | undefined)[], day: string): Sketch {
  const sketch = new Sketch();
  for (const entity of shards) for (const map of SKETCH_FIELDS) if (entity) sketch.merge(sketchOf(ranksOf(entity, map), day));
  return sketch;
}

/** A counter that is not there. */
const EMPTY: CounterCopy = {
  sketch: new Sketch(),
  epoch: 0,
  readAt: 0,
  estimated: 0,
  added: 0,
  others: 0,
  count: 0,
  shared: false,
  folds: {},
};

/** Reads counters with their sketches, by page: the shards that exist, by their number. */
async function readCounters(session: Session, site: string, pages: readonly (string | null)[], readOptions?: ReadOptions) {
  const { keys } = session;
  const shards = shardsOf(session, site);
  const wanted = pages.flatMap((page) => Array.from({ length: shards }, (_, shard) => keys.counter(site, page, shard)));
  const options = { propertyMask: { paths: [...allFields(true), ...SKETCH_FIELDS] }, ...(readOptions && { readOptions }) };
  const found = new Map<string, Entity>();
  const groups: Key[][] = [];
  for (let start = 0; start < wanted.length; start += KEYS_PER_LOOKUP) groups.push(wanted.slice(start, start + KEYS_PER_LOOKUP));
  const today = dayOf(session.now());
  for (const results of await Promise.all(groups.map((group) => lookup(session, group, options)))) {
    for (const { entity } of results) {
      const ahead = !readOptions && SKETCH_FIELDS.some((map) => isAhead(ranksOf(entity, map), today));
      found.set(keyName(entity.key), ahead ? await clearAhead(session, entity, today) : entity);
    }
  }
  return (page: string | null): (Entity | undefined)[] =>
    Array.from({ length: shards }, (_, shard) => found.get(keyName(keys.counter(site, page, shard))));
}

/** What a read says of a counter on a day. */
function copyFrom(
  shards: readonly (Entity | undefined)[],
  own: Entity | undefined,
  day: string,
  readAt: number,
  shared: boolean,
): CounterCopy {
  const entities = shards.flatMap((entity, shard) => (entity ? [{ entity, shard }] : []));
  const counter = sumShards(entities, true);
  const { estimated = {}, added = {} } = counter.visitors ?? {};
  const folds: Record<string, number> = {};
  for (const map of SKETCH_FIELDS) {
    const older = newestBefore(
      entities.flatMap(({ entity }) => [...ranksOf(entity, map)]),
      day,
    );
    const folded = older === null ? 0 : estimate(mergedSketch(shards, older));
    if (older !== null && folded > (estimated[older] ?? 0)) folds[older] = folded;
  }
  const whole = visitorsOf(counter);
  const shown = Math.min(counter.days[day] ?? 0, (estimated[day] ?? 0) + (added[day] ?? 0));
  return {
    sketch: mergedSketch(shards, day),
    epoch: numberOf(own, "epoch"),
    readAt,
    estimated: estimated[day] ?? 0,
    added: added[day] ?? 0,
    others: whole.dated - shown + (counter.visitors?.start ?? 0),
    count: numberOf(own, "count"),
    shared,
    folds,
  };
}
