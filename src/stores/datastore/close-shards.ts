import { named, nextGeneration, visitorProperties } from "./administer.ts";
import type { Session } from "./context.ts";
import { allFields } from "./counter.ts";
import { daysValue } from "./days.ts";
import { setCounter } from "./mutations.ts";
import { readSnapshot } from "./snapshot.ts";
import { inTransaction } from "./transaction.ts";
import { integer } from "./values.ts";

/**
 * Closes a site's shards: moves the site's numbers to its first shard and removes the others, by which no page's shard can be written to
 * any more (see `commit.ts`). Numbers stay in the pages' shards, and sketches in all, but numbers no longer change, which
 * `generation` tells.
 */
export function closeShards(session: Session, site: string): Promise<void> {
  return inTransaction(session, "readWrite", async (transaction, commit) => {
    const { site: whole, siteRoot } = await readSnapshot(session, site, [], { fields: allFields(session) }, { transaction });
    if (siteRoot.shards.length === 0) return;
    const { keys } = session;
    const properties = {
      ...named(session, site),
      count: integer(whole.count),
      days: daysValue(whole.days),
      open: integer(1),
      generation: integer(nextGeneration(session, siteRoot.generation)),
      ...visitorProperties(session, whole, {}),
    };
    const others = whole.shards.filter((shard) => shard > 0);
    const mutations = [
      setCounter(keys.counter(site, null, 0), properties),
      ...others.map((shard) => ({ delete: keys.counter(site, null, shard) })),
    ];
    await commit(mutations);
  });
}
