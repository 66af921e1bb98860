import type { AdditionBatch, Correction, Refusal, Totals } from "../../domain/store.ts";
import { addDays, addTo, addToSite, markBatch, replaceCounter } from "./layout.ts";
import { untilKnown } from "./retry.ts";
import { type Context, nameOf, readSnapshot, type Snapshot } from "./snapshot.ts";
import { inTransaction } from "./transaction.ts";
import { type Mutation, Timestamp, TransportError } from "./transport.ts";

/**
 * Sets or removes a page's total in one read-write transaction, which locks what it read. Its mark tells a repeated attempt that an
 * earlier one was applied, so that it undoes nothing that was counted since.
 */
export function correctPage(context: Context, correction: Correction, deadline: number): Promise<Totals> {
  const { keys, transport } = context;
  const mark = keys.batch(correction.site, correction.id);
  return untilKnown(transport, context, deadline, (attempts) =>
    inTransaction(attempts, "readWrite", async (transaction) => {
      const { site, page } = correction;
      const snapshot = await readSnapshot(context, attempts, site, [page], { at: { transaction }, marks: [mark], fields: "all" });
      if (snapshot.marks.has(nameOf(mark))) return { siteVisits: snapshot.site.count, visits: [snapshot.pages[0]?.count ?? 0] };
      const { mutations, totals } = planCorrection(context, correction, snapshot);
      const marked = [...mutations, markBatch(mark, "", Timestamp.of(correction.expireAt))];
      await attempts.call("commit", { mode: "TRANSACTIONAL", transaction, mutations: marked });
      return totals;
    }),
  );
}

/** The page's numbers move to its first shard; the site's first shard takes up the difference. */
function planCorrection(context: Context, correction: Correction, snapshot: Snapshot): { mutations: Mutation[]; totals: Totals } {
  const { keys } = context;
  const { site, page } = correction;
  const before = snapshot.pages[0] ?? { count: 0, days: {}, shards: [] };
  const count = correction.visits ?? 0;
  const counted = Object.values(before.days).reduce((sum, visits) => sum + visits, 0);
  const days = counted <= count ? before.days : {};
  const siteVisits = snapshot.site.count + count - before.count;
  const totals = { siteVisits, visits: [count] };
  if (correction.visits === null && before.shards.length === 0) return { mutations: [], totals };

  const root = snapshot.siteRoot;
  const siteDays = { ...root.days };
  if (days !== before.days) addDays(siteDays, before.days, -1);
  const mutations: Mutation[] = [
    replaceCounter(keys.counter(site, null, 0), root.count + count - before.count, siteDays, {
      site: { stringValue: site },
      shards: { integerValue: String(Math.max(root.shards, context.shards)), excludeFromIndexes: true },
    }, false),
  ];
  if (correction.visits !== null) mutations.push(replaceCounter(keys.counter(site, page, 0), count, days, {}, true));
  for (const shard of before.shards) {
    if (shard > 0 || correction.visits === null) mutations.push({ delete: keys.counter(site, page, shard) });
  }
  return { mutations, totals };
}

/** Adds a batch of numbers with one commit, which increments as counting does and so meets it without a lock. */
export function addBatch(context: Context, batch: AdditionBatch, deadline: number): Promise<"added" | Refusal> {
  const { keys, transport } = context;
  const { site } = batch;
  const mark = keys.batch(site, batch.id);
  const siteDays: Record<string, number> = {};
  for (const { days } of batch.additions) addDays(siteDays, days);
  const visits = batch.additions.reduce((sum, addition) => sum + addition.visits, 0);
  const mutations: Mutation[] = [
    addToSite(keys.counter(site, null, 0), site, visits, siteDays, context.shards),
    ...batch.additions.map((addition) => addTo(keys.counter(site, addition.page, 0), addition.visits, addition.days, true)),
    markBatch(mark, batch.digest, Timestamp.of(batch.expireAt)),
  ];
  return untilKnown(transport, context, deadline, async (attempts) => {
    try {
      await attempts.call("commit", { mode: "TRANSACTIONAL", singleUseTransaction: { readWrite: {} }, mutations });
      return "added";
    } catch (error) {
      if (!(error instanceof TransportError) || error.status !== "ALREADY_EXISTS") throw error;
    }
    const { found = [] } = await attempts.call("lookup", { keys: [mark] });
    return found[0]?.entity.properties?.["digest"]?.stringValue === batch.digest ? "duplicate" : "conflict";
  });
}
