import type { Batch, Receipt, Refusal, Visit } from "../../domain/store.ts";
import { tally } from "../../domain/tally.ts";
import { addToSite, markBatch, number, textOf, visitMarks } from "./layout.ts";
import { type Session, untilKnown } from "./retry.ts";
import { type Context, learnShards, lookup, nameOf, readSnapshot, shardsOf, TOTAL_FIELDS } from "./snapshot.ts";
import { isStatus, type Key, type Timestamp } from "./transport.ts";

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
export async function commitBatch(context: Context, batch: Batch, deadline: number, onRetry?: () => void): Promise<Receipt> {
  const refused: Record<number, Refusal> = {};
  let candidates: readonly Candidate[] = batch.visits.map((visit, index) => ({ index, visit }));
  const shard = chooseShard(context, batch.site);
  const pages = [...new Set(batch.visits.map((visit) => visit.page))].sort();

  let attempts = 0;
  return untilKnown(context, deadline, async (session) => {
    attempts += 1;
    if (attempts > 1) onRetry?.();
    while (candidates.length > 0) {
      try {
        const totals = await commitOnce(session, batch, candidates, shard);
        const others = pages.filter((page) => totals.visits[page] === undefined);
        if (others.length === 0) return { ...totals, refused };
        const current = await totalsAt(session, batch.site, others);
        return { siteVisits: totals.siteVisits, visits: { ...current.visits, ...totals.visits }, refused };
      } catch (error) {
        if (!isStatus(error, "ALREADY_EXISTS")) throw error;
      }
      const found = await readMarks(session, batch, candidates);
      if (found.appliedAt !== undefined) return { ...(await totalsAt(session, batch.site, pages, found.appliedAt)), refused };
      // A mark can expire between the commit and the look-up: then nothing is refused, and the next attempt goes through.
      Object.assign(refused, found.refused);
      candidates = candidates.filter(({ index }) => refused[index] === undefined);
    }
    return { ...(await totalsAt(session, batch.site, pages)), refused };
  });
}

type Totals = Omit<Receipt, "refused">;

/** Page and site use one shard a batch. Another shard than the first is used once the first has told every reader how many there are. */
function chooseShard(context: Context, site: string): number {
  const announced = Math.min(context.shards, context.inUse.get(site) ?? 1);
  return Math.floor(context.random() * announced);
}

async function commitOnce(session: Session, batch: Batch, candidates: readonly Candidate[], shard: number): Promise<Totals> {
  const { keys } = session;
  const { site } = batch;
  // In order of their keys, as everything that locks them does.
  const additions = tally(candidates.map(({ visit }) => visit)).sort((a, b) => (a.page < b.page ? -1 : 1));
  const mutations = addToSite(keys, site, shard, additions, session.shards);
  const counters = mutations.length;
  const mark = visitMarks(batch);
  for (const { visit } of candidates) {
    if (visit.id !== null) mutations.push(mark(keys.visit(site, visit.id), visit));
  }
  if (mutations.length === counters) mutations.push(markBatch(keys.batch(site, batch.id), "", batch.expireAt));

  const answer = await session.call("commit", { mode: "TRANSACTIONAL", singleUseTransaction: { readWrite: {} }, mutations });
  const results = answer.mutationResults.map((result) => result.transformResults ?? []);
  if (shard === 0) learnShards(session, site, number(results[0]?.at(-1)));
  const pages = additions.map(({ page }) => page);
  if (shardsOf(session, site) > 1) return totalsAt(session, site, pages, answer.commitTime);
  return {
    siteVisits: number(results[0]?.[0]),
    visits: Object.fromEntries(pages.map((page, index) => [page, number(results[index + 1]?.[0])])),
  };
}

/** Totals at a past moment, or the current ones. */
async function totalsAt(session: Session, site: string, pages: readonly string[], readTime?: Timestamp): Promise<Totals> {
  const snapshot = await readSnapshot(session, site, pages, { fields: TOTAL_FIELDS }, readTime === undefined ? undefined : { readTime });
  return {
    siteVisits: snapshot.site.count,
    visits: Object.fromEntries(pages.map((page, index) => [page, snapshot.pages[index]?.count ?? 0])),
  };
}

/** Looks at the marks of a batch that met ALREADY_EXISTS: whether an earlier attempt wrote them, or which visits were counted before. */
async function readMarks(
  session: Session,
  { id, site }: Batch,
  candidates: readonly Candidate[],
): Promise<{ appliedAt: Timestamp | undefined; refused: Record<number, Refusal> }> {
  const byMark = new Map<string, Candidate>();
  const marks: Key[] = [];
  for (const candidate of candidates) {
    if (candidate.visit.id === null) continue;
    const key = session.keys.visit(site, candidate.visit.id);
    marks.push(key);
    byMark.set(nameOf(key), candidate);
  }
  let appliedAt: Timestamp | undefined;
  const refused: Record<number, Refusal> = {};
  for (const { entity, createTime } of await lookup(session, marks.length > 0 ? marks : [session.keys.batch(site, id)])) {
    const candidate = byMark.get(nameOf(entity.key));
    if (!candidate || textOf(entity, "batch") === id) appliedAt = createTime;
    else refused[candidate.index] = textOf(entity, "page") === candidate.visit.page ? "duplicate" : "conflict";
  }
  return { appliedAt, refused };
}
