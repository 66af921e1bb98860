import { dayOf } from "../../domain/day.ts";
import { type DayRanks, isAhead, sketchOf } from "../../domain/visitors/day-ranks.ts";
import type { Sketch } from "../../domain/visitors/sketch.ts";
import { clearAhead } from "./clear-ahead.ts";
import { learnShards, type Session, shardsOf } from "./context.ts";
import { allFields } from "./counter.ts";
import { keyName, lookup } from "./lookup.ts";
import { ranksOf, SKETCH_FIELDS } from "./sketches.ts";
import type { Entity, Key, ReadOptions } from "./transport.ts";
import { numberOf } from "./values.ts";

/** Entities in one lookup: each sketch may be 500 KB of JSON. */
const KEYS_PER_LOOKUP = 100;

/** A shard of a counter with its sketches, each where it exists. */
export interface Shard {
  readonly counter: Entity | undefined;
  readonly sketch: Entity | undefined;
}

/**
 * Reads counters with their sketches. Answers all shards of a page's counter, or of the site's (`null`), by their number: those that are
 * known, and those that the site's first shard knows of, where it is read along.
 */
export async function readCounters(
  session: Session,
  site: string,
  pages: readonly (string | null)[],
  readOptions?: ReadOptions,
): Promise<(page: string | null) => Shard[]> {
  const { keys } = session;
  const options = { propertyMask: { paths: [...allFields(session), ...SKETCH_FIELDS] }, ...(readOptions && { readOptions }) };
  const found = new Map<string, Entity>();

  async function read(from: number, to: number): Promise<void> {
    const shards = Array.from({ length: to - from }, (_, index) => from + index);
    const wanted = pages.flatMap((page) => shards.flatMap((shard) => [keys.counter(site, page, shard), keys.sketch(site, page, shard)]));
    const groups: Key[][] = [];
    for (let start = 0; start < wanted.length; start += KEYS_PER_LOOKUP) groups.push(wanted.slice(start, start + KEYS_PER_LOOKUP));
    const results = await Promise.all(groups.map((group) => lookup(session, group, options)));
    for (const { entity } of results.flat()) found.set(keyName(entity.key), entity);
  }

  const known = shardsOf(session, site);
  await read(0, known);
  learnShards(session, site, numberOf(found.get(keyName(keys.counter(site, null, 0))), "shards"));
  const all = shardsOf(session, site);
  await read(known, all);

  const numbers = Array.from({ length: all }, (_, shard) => shard);
  const shardOf = (page: string | null, shard: number): Shard => ({
    counter: found.get(keyName(keys.counter(site, page, shard))),
    sketch: found.get(keyName(keys.sketch(site, page, shard))),
  });

  const today = dayOf(session.now());
  for (const page of readOptions ? [] : pages) {
    for (const shard of numbers) {
      const { sketch } = shardOf(page, shard);
      if (!sketch || !SKETCH_FIELDS.some((map) => isAhead(ranksOf(sketch, map), today))) continue;
      for (const entity of await clearAhead(session, keys.counter(site, page, shard), sketch.key, today)) {
        found.set(keyName(entity.key), entity);
      }
    }
  }
  return (page) => numbers.map((shard) => shardOf(page, shard));
}

/** The sketch of a day over all shards. */
export function mergedSketch(shards: readonly Shard[], day: string): Sketch {
  return sketchOf(allRanks(shards), day);
}

function* allRanks(shards: readonly Shard[]): DayRanks {
  for (const { sketch } of shards) if (sketch) for (const map of SKETCH_FIELDS) yield* ranksOf(sketch, map);
}
