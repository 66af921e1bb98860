import { applyTotals, isMisfit } from "../../domain/correction.ts";
import type { AdditionBatch, Correction, Misfit, NewTotals, Refusal, Totals } from "../../domain/store.ts";
import { addCounts, nothingFor, sumForSite, sumOf } from "../../domain/tally.ts";
import { type Context, shardsOf } from "./context.ts";
import { allFields, type Counter, type CounterVisitors, countOf, visitorsOf } from "./counter.ts";
import { daysValue, visitorsValue } from "./days.ts";
import { lookup } from "./lookup.ts";
import { addToSite, addVisitors, markBatch, setCounter, transformAlso } from "./mutations.ts";
import { withRetries } from "./retry.ts";
import { readSnapshot, type Snapshot } from "./snapshot.ts";
import { commitAlone, inTransaction } from "./transaction.ts";
import { isStatus, type Mutation, type Properties } from "./transport.ts";
import { integer, textOf } from "./values.ts";

/** What a correction does: the mutations, and what the counters are after it. */
interface Plan {
  readonly mutations: readonly Mutation[];
  readonly site: Counter;
  readonly page: Counter | undefined;
}

/**
 * Sets or removes totals in one read-write transaction, which locks what it read. Its mark keeps a repeated attempt from undoing what was
 * counted since an earlier one was applied.
 */
export function correctTotals(context: Context, correction: Correction, deadline: number): Promise<Totals | Misfit> {
  const { id, site, page, today, expireAt } = correction;
  const mark = context.keys.batch(site, id);
  const pages = page === null ? [] : [page];
  return withRetries(context, deadline, (session) =>
    inTransaction(session, "readWrite", async (transaction, commit) => {
      const snapshot = await readSnapshot(session, site, pages, { fields: allFields(session), marks: [mark] }, { transaction });
      if (snapshot.has(mark)) return totalsOf(snapshot.site, snapshot.pages, today);
      const plan = planCorrection(session, correction, snapshot);
      if (isMisfit(plan)) return plan;
      await commit([...plan.mutations, markBatch(mark, "", expireAt)]);
      return totalsOf(plan.site, plan.page ? [plan.page] : [], today);
    }),
  );
}

/** What counters answer, with their numbers of one day. */
export function totalsOf(site: Counter, pages: readonly Counter[], today: string): Totals {
  return { site: countOf(site, [today]), unattributed: site.unattributed, pages: pages.map((page) => countOf(page, [today])) };
}

function planCorrection(context: Context, correction: Correction, snapshot: Snapshot): Plan | Misfit {
  const [page] = snapshot.pages;
  const { change } = correction;
  if (!page)
    return change === "remove" ? { mutations: [], site: snapshot.site, page } : planSite(context, correction.site, change, snapshot);
  return planPage(context, correction, page, snapshot);
}

/** The difference to what the site has becomes unattributed. */
function planSite(context: Context, site: string, change: NewTotals, { site: before, siteRoot }: Snapshot): Plan | Misfit {
  const bound = before.count - before.unattributed;
  const after = applyTotals({ visits: before.count, bound, visitors: before.visitors && visitorsOf(before) }, change);
  if (isMisfit(after)) return after;
  const added = after.visits - before.count;
  const properties: Properties = {
    ...named(context, site),
    count: integer(siteRoot.count + added),
    unattributed: integer(siteRoot.unattributed + added),
    ...visitorProperties(context, siteRoot, { start: (siteRoot.visitors?.start ?? 0) + startAdded(before, after.start) }),
  };
  return {
    mutations: [setCounter(context.keys.counter(site, null, 0), properties)],
    site: {
      ...before,
      count: after.visits,
      unattributed: before.unattributed + added,
      visitors: before.visitors && { ...before.visitors, start: after.start ?? 0 },
    },
    page: undefined,
  };
}

/** Moves the page's numbers to its first shard, and adds the difference to the site's first shard. */
function planPage(context: Context, { site, page, change }: Correction, before: Counter, snapshot: Snapshot): Plan | Misfit {
  const { keys } = context;
  const isRemoved = change === "remove";
  if (isRemoved && before.shards.length === 0) return { mutations: [], site: snapshot.site, page: before };
  const bounds = { visits: before.count, bound: sumOf(before.days), visitors: before.visitors && visitorsOf(before) };
  const after = isRemoved ? { visits: 0, start: 0 } : applyTotals(bounds, change);
  if ("misfit" in after) return after;
  const dropsDays = isRemoved || change.dropDays;
  const days = dropsDays ? {} : before.days;
  const dropped = dropsDays ? before.days : {};
  const visitors = before.visitors && { ...before.visitors, ...(dropsDays && { estimated: {}, added: {} }), start: after.start ?? 0 };
  const mutations = [
    changeSite(context, site, snapshot, after.visits - before.count, dropped),
    ...before.shards.flatMap((shard) => (shard > 0 || isRemoved ? [{ delete: keys.counter(site, page, shard) }] : [])),
  ];
  if (isRemoved) mutations.push(...removeSketches(context, site, page));
  else {
    const properties = { count: integer(after.visits, true), days: daysValue(days), ...visitorProperties(context, before, visitors ?? {}) };
    mutations.push(setCounter(keys.counter(site, page, 0), properties));
  }
  const siteDays = { ...snapshot.site.days };
  addCounts(siteDays, dropped, -1);
  return {
    mutations,
    site: { ...snapshot.site, count: snapshot.site.count + after.visits - before.count, days: siteDays },
    page: { ...before, count: after.visits, days, visitors },
  };
}

/** A later generation of a site's closed shards, by which instances notice that pages' shards have changed. */
export function nextGeneration({ now }: Context, generation: number): number {
  return Math.max(now(), generation + 1);
}

/** Adds to the site's first shard, and takes the days of pages from it. */
export function changeSite(context: Context, site: string, { siteRoot }: Snapshot, added: number, dropped: Counter["days"]): Mutation {
  const days = { ...siteRoot.days };
  addCounts(days, dropped, -1);
  const properties = {
    ...named(context, site),
    count: integer(siteRoot.count + added),
    days: daysValue(days),
    ...(siteRoot.generation > 0 && { generation: integer(nextGeneration(context, siteRoot.generation)) }),
    ...visitorProperties(context, siteRoot, {}),
  };
  return setCounter(context.keys.counter(site, null, 0), properties);
}

/** Visitors as properties, some of them new, and a later epoch, by which instances notice; none where visitors are off. */
export function visitorProperties({ now }: Context, { visitors, epoch }: Counter, change: Partial<CounterVisitors>): Properties {
  if (!visitors) return {};
  const { start, estimated, added } = { ...visitors, ...change };
  return {
    visitors: visitorsValue(estimated, integer(start)),
    visitorsAdded: daysValue(added),
    epoch: integer(Math.max(now(), epoch + 1)),
  };
}

/** How much a start value grows over all shards. */
function startAdded({ visitors }: Counter, start: number | null): number {
  return (start ?? 0) - (visitors?.start ?? 0);
}

/** Also where visitors are off by now. */
export function removeSketches(context: Context, site: string, page: string | null): Mutation[] {
  return Array.from({ length: shardsOf(context, site) }, (_, shard) => ({ delete: context.keys.sketch(site, page, shard) }));
}

/** What every write of a site's first shard sets. */
export function named(context: Context, site: string): Properties {
  return { site: { stringValue: site }, shards: integer(shardsOf(context, site)) };
}

/** Adds a batch of numbers with one commit of increments, as counting does: it holds no locks between calls. */
export function addBatch(context: Context, batch: AdditionBatch, deadline: number): Promise<"added" | Refusal> {
  const { keys } = context;
  const { site, digest, additions } = batch;
  const mark = keys.batch(site, batch.id);
  const changes = addToSite(keys, site, 0, additions, context.shards);
  const epoch = context.now();
  const added = [sumForSite(additions), ...additions.filter(({ page }) => page !== null)];
  const counters = context.prepareVisitors
    ? changes.map((mutation, index) => transformAlso(mutation, addVisitors(added[index] ?? nothingFor(null), epoch)))
    : changes;
  const mutations = [...counters, markBatch(mark, digest, batch.expireAt)];
  return withRetries(context, deadline, async (session) => {
    try {
      await commitAlone(session, mutations);
      return "added";
    } catch (error) {
      if (!isStatus(error, "ALREADY_EXISTS")) throw error;
    }
    const [known] = await lookup(session, [mark]);
    return textOf(known?.entity, "digest") === digest ? "duplicate" : "conflict";
  });
}
