import type { AdditionBatch, Correction, Refusal, Totals } from "../../domain/store.ts";
import { addCounts } from "../../domain/tally.ts";
import { type Context, shardsOf } from "./context.ts";
import { lookup } from "./lookup.ts";
import { addToSite, markBatch, replaceCounter } from "./mutations.ts";
import { withRetries } from "./retry.ts";
import { readSnapshot, type Snapshot } from "./snapshot.ts";
import { inTransaction } from "./transaction.ts";
import { isStatus, type Mutation } from "./transport.ts";
import { integer, textOf } from "./values.ts";

/**
 * Sets or removes a page's total in one read-write transaction, which locks what it read. Its mark keeps a repeated attempt from undoing
 * what was counted since an earlier one was applied.
 */
export function correctPage(context: Context, correction: Correction, deadline: number): Promise<Totals> {
  const { id, site, page, expireAt } = correction;
  const mark = context.keys.batch(site, id);
  return withRetries(context, deadline, (session) =>
    inTransaction(session, "readWrite", async (transaction, onCommitted) => {
      const snapshot = await readSnapshot(session, site, [page], { fields: "all", marks: [mark] }, { transaction });
      if (snapshot.has(mark)) return { siteVisits: snapshot.site.count, visits: [snapshot.pages[0]?.count ?? 0] };
      const { mutations, totals } = planCorrection(session, correction, snapshot);
      const marked = [...mutations, markBatch(mark, "", expireAt)];
      await session.call("commit", { mode: "TRANSACTIONAL", transaction, mutations: marked });
      onCommitted();
      return totals;
    }),
  );
}

/** Moves the page's numbers to its first shard, and adds the difference to the site's first shard. */
function planCorrection(context: Context, correction: Correction, snapshot: Snapshot): { mutations: Mutation[]; totals: Totals } {
  const { keys } = context;
  const { site, page, visits } = correction;
  const before = snapshot.pages[0] ?? { count: 0, days: {}, shards: [] };
  const count = visits ?? 0;
  const change = count - before.count;
  const totals = { siteVisits: snapshot.site.count + change, visits: [count] };
  if (visits === null && before.shards.length === 0) return { mutations: [], totals };

  const dated = Object.values(before.days).reduce((sum, day) => sum + day, 0);
  const fit = dated <= count;
  const root = snapshot.siteRoot;
  const siteDays = { ...root.days };
  if (!fit) addCounts(siteDays, before.days, -1);
  const name = { site: { stringValue: site }, shards: integer(shardsOf(context, site)) };
  const mutations = [replaceCounter(keys.counter(site, null, 0), root.count + change, siteDays, false, name)];
  if (visits !== null) mutations.push(replaceCounter(keys.counter(site, page, 0), count, fit ? before.days : {}, true));
  for (const shard of before.shards) {
    if (shard > 0 || visits === null) mutations.push({ delete: keys.counter(site, page, shard) });
  }
  return { mutations, totals };
}

/** Adds a batch of numbers with one commit of increments, as counting does: it holds no locks between calls. */
export function addBatch(context: Context, batch: AdditionBatch, deadline: number): Promise<"added" | Refusal> {
  const { keys, shards } = context;
  const { site, digest, additions } = batch;
  const mark = keys.batch(site, batch.id);
  const mutations = [...addToSite(keys, site, 0, additions, shards), markBatch(mark, digest, batch.expireAt)];
  return withRetries(context, deadline, async (session) => {
    try {
      await session.call("commit", { mode: "TRANSACTIONAL", singleUseTransaction: { readWrite: {} }, mutations });
      return "added";
    } catch (error) {
      if (!isStatus(error, "ALREADY_EXISTS")) throw error;
    }
    const [known] = await lookup(session, [mark]);
    return textOf(known?.entity, "digest") === digest ? "duplicate" : "conflict";
  });
}
