import type { Count, Days, Period } from "../../domain/store.ts";
import { addCounts, pick, within } from "../../domain/tally.ts";
import { shownInAll, shownOn } from "../../domain/visitors/shown.ts";
import type { Context } from "./context.ts";
import { daysOf, startOf } from "./days.ts";
import type { Entity } from "./transport.ts";
import { number, numberOf } from "./values.ts";

/** A counter summed over its shards, as stored. */
export interface Counter {
  readonly count: number;
  readonly days: Days;
  readonly unattributed: number;
  /** `null` where the store was opened without visitors. */
  readonly visitors: CounterVisitors | null;
  /** When it was made or last corrected, in milliseconds since 1970: the largest of its shards. */
  readonly epoch: number;
  /** Of the site's first shard: when the shards of its pages last changed while they were closed; 0: never closed. */
  readonly generation: number;
  /** The visits of each shard that exists, by its number. */
  readonly visitsByShard: ReadonlyMap<number, number>;
  /** The numbers of the shards that exist. */
  readonly shards: readonly number[];
}

/** Visitors as stored: the start value, the largest estimate of each day, and what imports added to it. */
export interface CounterVisitors {
  readonly start: number;
  readonly estimated: Days;
  readonly added: Days;
}

/** The properties of a site's first shard that tell of the others. */
export const SHARD_FIELDS = ["shards", "open", "generation"];
/** The properties that a counter's visitors need beside its days. */
const VISITOR_FIELDS = ["visitors", "visitorsAdded", "epoch"];

/** The properties of a counter's numbers with all their days. */
export function allFields({ prepareVisitors }: Pick<Context, "prepareVisitors">): string[] {
  return [...SHARD_FIELDS, "count", "unattributed", "days", ...(prepareVisitors ? VISITOR_FIELDS : [])];
}

/** Sums up the shards of a counter, by their number, as far as they exist. */
export function sumShards(entities: readonly (Entity | undefined)[], visitors: boolean): Counter {
  const shards = entities.flatMap((entity, shard) => (entity ? [{ shard, entity }] : []));
  const sum = { count: 0, unattributed: 0, start: 0, epoch: 0, generation: 0 };
  const days: Record<string, number> = {};
  const added: Record<string, number> = {};
  const estimated: Record<string, number> = {};
  for (const { entity } of shards) {
    sum.count += numberOf(entity, "count");
    sum.unattributed += numberOf(entity, "unattributed");
    sum.generation = Math.max(sum.generation, numberOf(entity, "generation"));
    addCounts(days, daysOf(entity, null));
    if (!visitors) continue;
    sum.epoch = Math.max(sum.epoch, numberOf(entity, "epoch"));
    sum.start += number(startOf(entity));
    addCounts(added, daysOf(entity, null, "visitorsAdded"));
    keepLargest(estimated, daysOf(entity, null, "visitors"));
  }
  return {
    count: sum.count,
    days,
    unattributed: sum.unattributed,
    visitors: visitors ? { start: sum.start, estimated, added } : null,
    epoch: sum.epoch,
    generation: sum.generation,
    visitsByShard: new Map(shards.map(({ shard, entity }) => [shard, numberOf(entity, "count")])),
    shards: shards.map(({ shard }) => shard),
  };
}

function keepLargest(largest: Record<string, number>, days: Days): void {
  for (const [day, count] of Object.entries(days)) largest[day] = Math.max(largest[day] ?? 0, count);
}

/** A counter's numbers as they are shown, with those of some days, or of a period. */
export function countOf(counter: Counter, asked: readonly string[] | Period | null): Count {
  const { count, days, visitors } = counter;
  const select = (all: Days): Days => (asked === null ? {} : "from" in asked ? within(all, asked) : pick(all, asked));
  if (!visitors) return { visits: count, days: select(days), visitors: null };
  return { visits: count, days: select(days), visitors: { total: visitorsOf(counter).total, days: select(shownDays(counter)) } };
}

/** All visitors as they are shown, and those of them that bear a day. */
export function visitorsOf({ count, days, visitors }: Counter): { total: number; dated: number } {
  if (!visitors) return { total: 0, dated: 0 };
  const dated = shownInAll(0, { ...visitors, visits: days });
  return { total: Math.min(count, visitors.start + dated), dated };
}

/** The visitors of each day as they are shown. */
function shownDays({ days, visitors }: Counter): Days {
  const shown: Record<string, number> = {};
  for (const day of Object.keys(visitors ? { ...visitors.estimated, ...visitors.added } : {})) {
    if (visitors) shown[day] = shownOn({ ...visitors, visits: days }, day);
  }
  return shown;
}
