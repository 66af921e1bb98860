import type { Days } from "../../domain/store.ts";
import type { SketchCopy } from "../../domain/visitors/copies.ts";
import { newestBefore } from "../../domain/visitors/day-ranks.ts";
import { estimate } from "../../domain/visitors/estimator.ts";
import { Sketch } from "../../domain/visitors/sketch.ts";
import { sumShards, visitorsOf } from "./counter.ts";
import { mergedSketch, type Shard } from "./read-sketches.ts";
import { ranksOf, SKETCH_FIELDS } from "./sketches.ts";
import { numberOf } from "./values.ts";

/** What an instance knows of a counter's visitors on a day. The sketch is that of all shards, `epoch` and `count` of the one written to. */
export interface CounterCopy extends SketchCopy {
  /** The largest estimate that was seen. */
  readonly estimated: number;
  /** What an import added to the day. */
  readonly added: number;
  /** The visitors of all other days and the start value, as shown. */
  readonly others: number;
  /** The shard's visits, right after the last read or commit. */
  readonly count: number;
  /** Others have written to the shard since. */
  readonly shared: boolean;
  /** Estimates of earlier days over all shards that are not stored yet. */
  readonly folds: Days;
}

/** A counter that is not there. */
export const EMPTY: CounterCopy = {
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

/**
 * What a read says of a counter on a day.
 *
 * @param shards all shards of the counter, by their number
 * @param shard the number of the one written to
 * @param readAt milliseconds since 1970
 */
export function copyFrom(shards: readonly Shard[], shard: number, day: string, readAt: number): CounterCopy {
  const counter = sumShards(
    shards.map(({ counter }) => counter),
    true,
  );
  const { estimated = {}, added = {} } = counter.visitors ?? {};
  const folds: Record<string, number> = {};
  for (const map of SKETCH_FIELDS) {
    const older = newestBefore(
      shards.flatMap(({ sketch }) => (sketch ? [...ranksOf(sketch, map)] : [])),
      day,
    );
    const folded = older === null ? 0 : estimate(mergedSketch(shards, older));
    if (older !== null && folded > (estimated[older] ?? 0)) folds[older] = folded;
  }
  const shown = Math.min(counter.days[day] ?? 0, (estimated[day] ?? 0) + (added[day] ?? 0));
  const own = shards[shard]?.counter;
  return {
    sketch: mergedSketch(shards, day),
    epoch: numberOf(own, "epoch"),
    readAt,
    estimated: estimated[day] ?? 0,
    added: added[day] ?? 0,
    others: visitorsOf(counter).dated - shown + (counter.visitors?.start ?? 0),
    count: numberOf(own, "count"),
    shared: false,
    folds,
  };
}
