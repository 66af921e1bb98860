import type { Batch, Receipt, Refusal, Visit } from "../../domain/store.ts";
import { addTo, addToSite, markBatch, markVisit, number } from "./layout.ts";
import { type Attempts, untilKnown } from "./retry.ts";
import { type Context, learnShards, nameOf, readSnapshot, shardsOf, TOTAL_FIELDS } from "./snapshot.ts";
import { type Key, type Mutation, Timestamp, TransportError } from "./transport.ts";

/** A visit that has not been refused, with its place in the batch. */
interface Candidate {
  readonly index: number;
  readonly visit: Visit;
}

/**
 * Counts a batch with one commit, which inserts a mark for each id (or one for the whole batch, where no visit has an id) and adds to
 * the counters. A commit whose outcome is unknown is sent again, unchanged, until Datastore says OK or ALREADY_EXISTS. Then the marks
 * tell: one that bears this batch's id was written by an earlier attempt, whose totals stand in the snapshot of that moment; any other
 * means that its visit was counted before and leaves the batch. No earlier attempt can land once such a mark stands.
 */
export async function commitBatch(context: Context, batch: Batch, deadline: number): Promise<Receipt> {
  const refused: Record<number, Refusal> = {};
  let candidates: readonly Candidate[] = batch.visits.map((visit, index) => ({ index, visit }));
  const shard = chooseShard(context, batch.site);
  const pages = [...new Set(batch.visits.map((visit) => visit.page))].sort();

  return untilKnown(context.transport, context, deadline, async (attempts) => {
    while (candidates.length > 0) {
      try {
        const totals = await commitOnce(context, attempts, batch, candidates, shard);
        const others = pages.filter((page) => totals.visits[page] === undefined);
        if (others.length === 0) return { ...totals, refused };
        const current = await totalsAt(context, attempts, batch.site, others);
        return { siteVisits: totals.siteVisits, visits: { ...current.visits, ...totals.visits }, refused };
      } catch (error) {
        if (!(error instanceof TransportError) || error.status !== "ALREADY_EXISTS") throw error;
      }
      const found = await readMarks(context, attempts, batch, candidates);
      if (found.appliedAt !== undefined) return { ...(await totalsAt(context, attempts, batch.site, pages, found.appliedAt)), refused };
      // A mark can expire between the commit and the look-up: then nothing is refused, and the next attempt goes through.
      Object.assign(refused, found.refused);
      candidates = candidates.filter(({ index }) => refused[index] === undefined);
    }
    return { ...(await totalsAt(context, attempts, batch.site, pages)), refused };
  });
}

interface Totals {
  readonly siteVisits: number;
  readonly visits: Readonly<Record<string, number>>;
}

/** Page and site use one shard a batch. Another shard than the first is used once the first has told every reader how many there are. */
function chooseShard(context: Context, site: string): number {
  const announced = Math.min(context.shards, context.shardsInUse.get(site) ?? 1);
  return Math.floor(context.random() * announced);
}

async function commitOnce(
  context: Context,
  attempts: Attempts,
  batch: Batch,
  candidates: readonly Candidate[],
  shard: number,
): Promise<Totals> {
  const { keys } = context;
  const { site } = batch;
  const expireAt = Timestamp.of(batch.expireAt);
  const tallies = tally(candidates);
  const mutations: Mutation[] = [
    shard === 0
      ? addToSite(keys.counter(site, null, 0), site, candidates.length, tallies.site, context.shards)
      : addTo(keys.counter(site, null, shard), candidates.length, tallies.site, false),
  ];
  for (const [page, days] of tallies.pages) {
    const count = Object.values(days).reduce((sum, visits) => sum + visits, 0);
    mutations.push(addTo(keys.counter(site, page, shard), count, days, shard === 0));
  }
  const counters = mutations.length;
  for (const { visit } of candidates) {
    if (visit.id !== null) mutations.push(markVisit(keys.visit(site, visit.id), visit, batch.id, expireAt));
  }
  if (mutations.length === counters) mutations.push(markBatch(keys.batch(site, batch.id), "", expireAt));

  const answer = await attempts.call("commit", { mode: "TRANSACTIONAL", singleUseTransaction: { readWrite: {} }, mutations });
  const results = answer.mutationResults.map((result) => result.transformResults ?? []);
  if (shard === 0) learnShards(context, site, number(results[0]?.at(-1)));
  const pages = [...tallies.pages.keys()];
  if (shardsOf(context, site) > 1) return totalsAt(context, attempts, site, pages, answer.commitTime);
  return {
    siteVisits: number(results[0]?.[0]),
    visits: Object.fromEntries(pages.map((page, index) => [page, number(results[index + 1]?.[0])])),
  };
}

/** Visits by day, for the site and for each page. */
function tally(candidates: readonly Candidate[]): { site: Record<string, number>; pages: Map<string, Record<string, number>> } {
  const site: Record<string, number> = {};
  const pages = new Map<string, Record<string, number>>();
  for (const { visit } of candidates) {
    let days = pages.get(visit.page);
    if (!days) pages.set(visit.page, (days = {}));
    days[visit.day] = (days[visit.day] ?? 0) + 1;
    site[visit.day] = (site[visit.day] ?? 0) + 1;
  }
  // In order of their keys, as everything that locks them does.
  return { site, pages: new Map([...pages].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Totals at a past moment, or the current ones. */
async function totalsAt(context: Context, attempts: Attempts, site: string, pages: readonly string[], time?: Timestamp): Promise<Totals> {
  const snapshot = await readSnapshot(context, attempts, site, pages, { ...(time !== undefined && { at: { readTime: time } }), fields: TOTAL_FIELDS });
  return {
    siteVisits: snapshot.site.count,
    visits: Object.fromEntries(pages.map((page, index) => [page, snapshot.pages[index]?.count ?? 0])),
  };
}

/** Looks at the marks of a batch that met ALREADY_EXISTS: whether an earlier attempt wrote them, or which visits were counted before. */
async function readMarks(
  { keys }: Context,
  { call }: Attempts,
  batch: Batch,
  candidates: readonly Candidate[],
): Promise<{ appliedAt: Timestamp | undefined; refused: Record<number, Refusal> }> {
  const byMark = new Map<string, Candidate>();
  const marks: Key[] = [];
  for (const candidate of candidates) {
    if (candidate.visit.id === null) continue;
    const key = keys.visit(batch.site, candidate.visit.id);
    marks.push(key);
    byMark.set(nameOf(key), candidate);
  }
  let wanted: readonly Key[] = marks.length > 0 ? marks : [keys.batch(batch.site, batch.id)];
  let appliedAt: Timestamp | undefined;
  const refused: Record<number, Refusal> = {};
  while (wanted.length > 0) {
    const { found = [], deferred = [] } = await call("lookup", { keys: wanted });
    for (const { entity, createTime } of found) {
      const candidate = byMark.get(nameOf(entity.key));
      if (!candidate || entity.properties?.["batch"]?.stringValue === batch.id) appliedAt = createTime;
      else refused[candidate.index] = entity.properties?.["page"]?.stringValue === candidate.visit.page ? "duplicate" : "conflict";
    }
    wanted = deferred;
  }
  return { appliedAt, refused };
}
