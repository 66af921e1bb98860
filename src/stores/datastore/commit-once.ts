import type { Batch, Visit } from "../../domain/store.ts";
import { tally } from "../../domain/tally.ts";
import { daysNamed, readAt, type Totals, totalsOf } from "./batch-totals.ts";
import { closeShards } from "./close-shards.ts";
import type { Numbers } from "./closed-shards.ts";
import { learnShards, type Session, shardsOf } from "./context.ts";
import { dayPath } from "./days.ts";
import { addToSite, inOpenShard, markBatch, openShard, openShards, resultsOf, transformAlso, visitMarks } from "./mutations.ts";
import type { Plan } from "./sharding.ts";
import { commitAlone } from "./transaction.ts";
import { type Key, type Mutation, TransportError } from "./transport.ts";

/** A visit that has not been refused so far. */
export interface Candidate {
  /** Its place in the batch. */
  readonly index: number;
  readonly visit: Visit;
  /** The mark of its id; `null` without an id. */
  readonly mark: Key | null;
}

type Results = (property: string) => number;
const NO_RESULTS: Results = () => 0;

/**
 * Counts what is left of a batch with one commit, and answers the totals right after it.
 *
 * @param begunAt when the first attempt began, in milliseconds since 1970
 */
export async function commitOnce(
  session: Session,
  batch: Batch,
  candidates: readonly Candidate[],
  plan: Plan,
  begunAt: number,
): Promise<Totals> {
  const { keys, sharding, closedShards, now } = session;
  const { site } = batch;
  const visits = candidates.map(({ visit }) => visit);
  const visitors = (await session.prepareVisitors?.(session, site, plan.shard, visits)) ?? null;
  // In key order, like every mutation that locks counters.
  const additions = tally(visits).sort((a, b) => (a.page < b.page ? -1 : 1));
  const names = [null, ...additions.map(({ page }) => page)];
  const mutations = addToSite(keys, site, plan.shard, additions, plan.opens ? sharding.most : session.shards).map((mutation, index) =>
    visitors ? transformAlso(mutation, visitors.transforms(names[index] ?? null)) : mutation,
  );
  mutations.push(...(visitors?.sketches ?? []));
  const sketched = mutations.length;
  const [first] = mutations;
  if (first && plan.shard > 0) mutations[0] = inOpenShard(first);
  else if (first && sharding.most > 1) mutations[0] = openShards(first, plan.opens ? sharding.most : 1);
  if (plan.opens) for (let shard = 1; shard < sharding.most; shard += 1) mutations.push(openShard(keys.counter(site, null, shard)));
  mutations.push(...marks(session, batch, candidates));

  const answer = await commitAlone(session, mutations);
  const all = mutations.map((mutation, index) => resultsOf(mutation, answer.mutationResults[index]?.transformResults));
  const results = all.slice(0, names.length);
  const [siteResults = NO_RESULTS] = results;
  const isFirst = plan.shard === 0;
  if (isFirst) learnShards(session, site, siteResults("shards"));
  const seen = { open: siteResults("open"), count: siteResults("count"), visits: visits.length };
  sharding.committed(site, now() - begunAt, isFirst ? seen : null);
  await visitors?.learn(new Map(names.map((page, index) => [page, results[index] ?? NO_RESULTS])), all.slice(names.length, sketched));

  const days = [daysNamed(visits), ...additions.map((addition) => Object.keys(addition.days))];
  const own = results.map((result, index) => numbersFrom(result, days[index] ?? []));
  const generation = siteResults("generation");
  const isAlone = isFirst && shardsOf(session, site) === 1;
  const isClosed = isFirst && seen.open === 1 && generation > 0;
  const nameOf = (index: number): string => `${generation} ${site} ${names[index] ?? ""}`;
  const told = own.map((numbers, index) => {
    const whole = isAlone ? numbers : isClosed ? closedShards.add(nameOf(index), numbers) : null;
    return whole && { ...whole, visitors: visitors?.count(names[index] ?? null, results[index] ?? NO_RESULTS, whole) ?? null };
  });
  const pages = additions.map(({ page }) => page);
  const [whole, ...counts] = told;
  if (whole && counts.every((count) => count !== null)) {
    return { site: whole, pages: Object.fromEntries(pages.map((page, index) => [page, counts[index] ?? whole])) };
  }

  const snapshot = await readAt(session, batch, pages, answer.commitTime);
  if (isClosed) {
    for (const [index, { count, days: all }] of [snapshot.site, ...snapshot.pages].entries()) {
      const first = own[index];
      if (first) closedShards.learn(nameOf(index), first, { visits: count, days: all });
    }
  } else if (sharding.isQuiet(site, snapshot.site.visitsByShard)) await close(session, site);
  return totalsOf(snapshot, batch, pages);
}

/** A mark for each id; one for the batch where it has none. */
function marks({ keys }: Session, batch: Batch, candidates: readonly Candidate[]): Mutation[] {
  const markOf = visitMarks(batch);
  const ids = candidates.flatMap(({ mark, visit }) => (mark ? markOf(mark, visit) : []));
  return ids.length > 0 ? ids : [markBatch(keys.batch(batch.site, batch.id), "", batch.expireAt)];
}

function numbersFrom(results: Results, days: readonly string[]): Numbers {
  return { visits: results("count"), days: Object.fromEntries(days.map((day) => [day, results(dayPath(day))])) };
}

/** Closes a site's shards if it can: the visits are counted anyway, and the next quiet minute tries again. */
async function close(session: Session, site: string): Promise<void> {
  try {
    await closeShards(session, site);
    session.sharding.closed(site);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  }
}
