import { addDays } from "../../domain/day.ts";
import { unpackRank } from "../../domain/visitors/day-ranks.ts";
import type { Session } from "./context.ts";
import { daysOf, startOf, visitorsValue } from "./days.ts";
import { keyName, lookup } from "./lookup.ts";
import { setCounter } from "./mutations.ts";
import { ranksOf, ranksValue, SKETCH_FIELDS } from "./sketches.ts";
import { inTransaction } from "./transaction.ts";
import type { Entity, Key, Properties } from "./transport.ts";
import { integer, numberOf } from "./values.ts";

/**
 * Clears registers and estimates of days after tomorrow, which only a wrong clock has sent: they would hide all until that day. Answers
 * the counter's shard and its sketches as they are then.
 */
export function clearAhead(session: Session, counter: Key, sketch: Key, today: string): Promise<Entity[]> {
  const last = addDays(today, 1);
  return inTransaction(session, "readWrite", async (transaction, commit) => {
    const found = await lookup(session, [counter, sketch], { readOptions: { transaction } });
    const changed = found.map(({ entity }) => {
      const isSketch = keyName(entity.key) === keyName(sketch);
      return { entity, properties: isSketch ? registersUpTo(entity, last) : estimatesUpTo(entity, last, session.now()) };
    });
    const mutations = changed.map(({ entity, properties }) => setCounter(entity.key, properties));
    await commit(mutations);
    return changed.map(({ entity, properties }) => ({ ...entity, properties: { ...entity.properties, ...properties } }));
  });
}

function registersUpTo(entity: Entity, last: string): Properties {
  const kept = (value: number): boolean => (unpackRank(value)?.day ?? "") <= last;
  return Object.fromEntries(SKETCH_FIELDS.map((map) => [map, ranksValue([...ranksOf(entity, map)].filter(([, value]) => kept(value)))]));
}

/** The start value and the estimates up to a day, and a new epoch, by which other instances notice. */
function estimatesUpTo(entity: Entity, last: string, now: number): Properties {
  const days = Object.entries(daysOf(entity, null, "visitors")).filter(([day]) => day <= last);
  const visitors = visitorsValue(Object.fromEntries(days), startOf(entity));
  return { visitors, epoch: integer(Math.max(now, numberOf(entity, "epoch") + 1)) };
}
