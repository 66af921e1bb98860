import { estimate } from "../../domain/visitors/estimator.ts";
import { grow, type Place } from "../../domain/visitors/sketch.ts";
import type { Session } from "./context.ts";
import { daysOf, startOf, visitorsValue } from "./days.ts";
import { setCounter } from "./mutations.ts";
import { mergedSketch, readCounters } from "./read-sketches.ts";
import { raiseRegisters } from "./sketches.ts";
import { inTransaction } from "./transaction.ts";

/** Sets a counter's estimates of some days to what its sketches say with these places, and adds the places. Any number of times. */
export function restate(
  session: Session,
  site: string,
  page: string | null,
  shard: number,
  days: readonly { readonly day: string; readonly places: readonly Place[] }[],
): Promise<void> {
  return inTransaction(session, "readWrite", async (transaction, commit) => {
    const shards = (await readCounters(session, site, [page], { transaction }))(page);
    const own = shards[shard]?.counter;
    if (!own) return;
    const estimates = daysOf(own, null, "visitors");
    const raised = days.map(({ day, places }) => {
      const { sketch, grown } = grow(mergedSketch(shards, day), places);
      estimates[day] = estimate(sketch);
      return { day, grown };
    });
    const mutations = [setCounter(own.key, { visitors: visitorsValue(estimates, startOf(own)) })];
    if (raised.some(({ grown }) => grown.length > 0)) mutations.push(raiseRegisters(session.keys.sketch(site, page, shard), raised));
    await commit(mutations);
  });
}
