import type { Batch, Receipt, Refusal, Visit } from "../../domain/store.ts";
import { tally } from "../../domain/tally.ts";
import { addToSite, markBatch, number, textOf, visitMarks } from "./layout.ts";
import { type Session, untilKnown } from "./retry.ts";
import { type Context, learnShards, lookup, readSnapshot, shardsOf, TOTAL_FIELDS } from "./snapshot.ts";
import { isStatus, type Key, type Timestamp, TransportError } from "./transport.ts";

/** A visit that has not been refused, with its place in the batch. */
interface Candidate {
  readonly index: number;
  readonly visit: Visit;
  /** The mark of its id. */
  readonly mark: Key | undefined;
}

/**
 * Counts a batch with one commit, which inserts a mark for each id (or one for the whole batch, where no visit has an id) and adds to
 * the counters. A commit whose outcome is unknown is sent again, unchanged, until Datastore says OK or ALREADY_EXISTS. Then the marks
 * tell: one that bears this batch's id was written by an earlier attempt, whose totals stand in the snapshot of that moment; any other
 * means that its visit was counted before and leaves the batch. No earlier attempt can land once such a mark stands.
 */
export async function commitBatch(context: Context, batch: Batch, deadline: number, onRetry?: () => void): Promise<Receipt> {
  const refused: Record<number, Refusal> = {};
  let candidates = inKeyOrder(context, batch);
  const shard = chooseShard(context, batch.site);
  const pages = [...new Set(batch.visits.map((visit) => visit.page))].sort();

  // Unset for the first attempt, which is no retry.
  let onAttempt: typeof onRetry;
  return untilKnown(context, deadline, async (session) => {
    onAttempt?.();
    onAttempt = onRetry;
    let appliedAt: Timestamp | undefined;
    while (candidates.length > 0 && appliedAt === undefined) {
      try {
        const totals = await commitOnce(session, batch, candidates, shard);
        const others = pages.filter((page) => totals.visits[page] === undefined);
        const current = others.length > 0 ? await totalsAt(session, batch.site, others) : totals;
        return { ...totals, visits: { ...current.visits, ...totals.visits }, refused };
      } catch (error) {
        if (!isStatus(error, "ALREADY_EXISTS")) throw error;
      }
      // A mark can expire between the commit and the look-up: then nothing is refused, and the next attempt goes through.
      appliedAt = await readMarks(session, batch, candidates, refused);
      candidates = candidates.filter(({ index }) => refused[index] === undefined);
    }
    return { ...(await totalsAt(session, batch.site, pages, appliedAt)), refused };
  });
}

/** Whoever locks the marks sorts them, which is a tenth of what a mark costs unless they come in order. */
function inKeyOrder({ keys }: Context, { site, visits }: Batch): Candidate[] {
  return visits
    .map((visit, index) => ({ index, visit, mark: visit.id === null ? undefined : keys.visit(site, visit.id) }))
    .sort((a, b) => (markName(a.mark) < markName(b.mark) ? -1 : 1));
}

const markName = (mark: Key | undefined): string => mark?.path[0]?.name ?? "";

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
  const markAs = visitMarks(batch);
  for (const { mark, visit } of candidates) if (mark) mutations.push(markAs(mark, visit));
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

/** Totals at a past moment, or the current ones: of a commit that stands, so that no failure to read them is a refusal of it. */
async function totalsAt(session: Session, site: string, pages: readonly string[], readTime?: Timestamp): Promise<Totals> {
  const snapshot = await readSnapshot(
    session,
    site,
    pages,
    { fields: TOTAL_FIELDS },
    readTime === undefined ? undefined : { readTime },
  ).catch((error: unknown) => {
    throw new TransportError("UNKNOWN", "the totals", error);
  });
  return {
    siteVisits: snapshot.site.count,
    visits: Object.fromEntries(pages.map((page, index) => [page, snapshot.pages[index]?.count ?? 0])),
  };
}

/**
 * Looks at the marks of a batch that met ALREADY_EXISTS: answers when an earlier attempt wrote them, if one did, or enters the visits
 * that were counted before among the `refused`.
 */
async function readMarks(
  session: Session,
  { id, site }: Batch,
  candidates: readonly Candidate[],
  refused: Record<number, Refusal>,
): Promise<Timestamp | undefined> {
  const byMark = new Map(candidates.map((candidate) => [markName(candidate.mark), candidate]));
  const marks = candidates.flatMap(({ mark }) => mark ?? []);
  let appliedAt: Timestamp | undefined;
  for (const { entity, createTime } of await lookup(session, marks.length > 0 ? marks : [session.keys.batch(site, id)])) {
    const candidate = byMark.get(markName(entity.key));
    if (!candidate || textOf(entity, "batch") === id) appliedAt = createTime;
    else refused[candidate.index] = textOf(entity, "page") === candidate.visit.page ? "duplicate" : "conflict";
  }
  return appliedAt;
}
