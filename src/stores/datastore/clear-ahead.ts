import { addDays } from "../../domain/day.ts";
import { unpackRank } from "../../domain/visitors/day-ranks.ts";
import type { Session } from "./context.ts";
import { daysOf, daysValue } from "./days.ts";
import { lookup } from "./lookup.ts";
import { setCounter } from "./mutations.ts";
import { ranksOf, ranksValue, SKETCH_FIELDS } from "./sketches.ts";
import { inTransaction } from "./transaction.ts";
import type { Entity, Properties, Value } from "./transport.ts";
import { integer, numberOf } from "./values.ts";

/**
 * Clears registers and estimates of days after tomorrow, which only a wrong clock has sent: they would hide all until that day. Answers
 * the counter as it is then.
 */
export function clearAhead(session: Session, { key }: Entity, today: string): Promise<Entity> {
  const last = addDays(today, 1);
  return inTransaction(session, "readWrite", async (transaction, onCommitted) => {
    const [found] = await lookup(session, [key], { readOptions: { transaction } });
    if (!found) return { key };
    const { entity } = found;
    const properties: Record<string, Value> = { epoch: integer(Math.max(session.now(), numberOf(entity, "epoch") + 1)) };
    for (const map of SKETCH_FIELDS) {
      properties[map] = ranksValue([...ranksOf(entity, map)].filter(([, value]) => (unpackRank(value)?.day ?? "") <= last));
    }
    properties["visitors"] = visitorsUpTo(entity, last);
    await session.call("commit", { mode: "TRANSACTIONAL", transaction, mutations: [setCounter(key, properties)] });
    onCommitted();
    return { ...entity, properties: { ...entity.properties, ...properties } };
  });
}

/** The start value and the estimates up to a day. */
function visitorsUpTo(entity: Entity, last: string): Value {
  const { start } = entity.properties?.["visitors"]?.entityValue?.properties ?? {};
  const days = Object.entries(daysOf(entity, null, "visitors")).filter(([day]) => day <= last);
  const properties: Properties = { ...daysValue(Object.fromEntries(days)).entityValue?.properties, ...(start && { start }) };
  return { entityValue: { properties } };
}
