import { addCounts } from "../../domain/tally.ts";
import { changeSite, removeSketches } from "./administer.ts";
import type { Context } from "./context.ts";
import { allFields } from "./counter.ts";
import { listPages } from "./lists.ts";
import { withRetries } from "./retry.ts";
import { readSnapshot } from "./snapshot.ts";
import { inTransaction } from "./transaction.ts";
import type { Mutation } from "./transport.ts";

/** Pages that one transaction removes. */
const PAGES_REMOVED = 50;

/**
 * Removes a site's first pages in one read-write transaction and, where those were all, the site with them: where the visits that are
 * left are the unattributed ones, no page was counted since the pages were listed. Repeating it is harmless.
 */
export async function removeSome(context: Context, site: string, deadline: number): Promise<boolean> {
  const found = await listPages(context, site, null, PAGES_REMOVED + 1, null);
  const pages = found.slice(0, PAGES_REMOVED).map(({ page }) => page);
  return withRetries(context, deadline, (session) =>
    inTransaction(session, "readWrite", async (transaction, commit) => {
      const snapshot = await readSnapshot(session, site, pages, { fields: allFields(session) }, { transaction });
      const { keys } = session;
      const mutations: Mutation[] = [];
      const dropped: Record<string, number> = {};
      let visits = 0;
      for (const [index, { count, days, shards }] of snapshot.pages.entries()) {
        visits += count;
        addCounts(dropped, days);
        const page = pages[index] ?? "";
        mutations.push(...shards.map((shard) => ({ delete: keys.counter(site, page, shard) })), ...removeSketches(session, site, page));
      }
      const isLast = found.length <= PAGES_REMOVED && snapshot.site.count - visits === snapshot.site.unattributed;
      if (!isLast) mutations.push(changeSite(session, site, snapshot, -visits, dropped));
      else {
        mutations.push(
          ...snapshot.site.shards.map((shard) => ({ delete: keys.counter(site, null, shard) })),
          ...removeSketches(session, site, null),
        );
      }
      if (mutations.length > 0) await commit(mutations);
      return isLast;
    }),
  );
}
