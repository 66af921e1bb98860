import type { Batch, Receipt, Refusal, Visit } from "../../domain/store.ts";
import { tally } from "../../domain/tally.ts";
import { type Context, learnShards, type Session, shardsOf } from "./context.ts";
import { lookup } from "./lookup.ts";
import { addToSite, markBatch, visitMarks } from "./mutations.ts";
import { withRetries } from "./retry.ts";
import { readSnapshot, TOTAL_FIELDS } from "./snapshot.ts";
import { isStatus, type Key, type Timestamp, TransportError } from "./transport.ts";
import { number, textOf } from "./values.ts";

/** A visit that has not been refused so far. */
interface Candidate {
  /** Its place in the batch. */
  readonly index: number;
  readonly visit: Visit;
  /** The mark of its id; `null` without an id. */
  readonly mark: Key | null;
}

type Totals = Omit<Receipt, "refused">;

/**
 * Counts a batch with one commit, which inserts a mark for each id (one for the batch where no visit has an id) and increments the
 * counters. While the outcome is unknown, the same commit is sent again until Datastore answers OK or ALREADY_EXISTS. Then the marks are
 * looked up: one with this batch's id was written by an earlier attempt, whose totals are read at its `createTime`; any other belongs to
 * a visit that was counted before, which leaves the batch. Once such a mark stands, no earlier attempt can be applied any more.
 */
export async function commitBatch(context: Context, batch: Batch, deadline: number, onRetry?: () => void): Promise<Receipt> {
  const refused: Record<number, Refusal> = {};
  let candidates = inKeyOrder(context, batch);
  const shard = chooseShard(context, batch.site);
  const pages = [...new Set(batch.visits.map((visit) => visit.page))].sort();

  let attempts = 0;
  return withRetries(context, deadline, async (session) => {
    if (attempts > 0) onRetry?.();
    attempts += 1;
    let appliedAt: Timestamp | null = null;
    while (candidates.length > 0 && appliedAt === null) {
      try {
        const totals = await commitOnce(session, batch, candidates, shard);
        const others = pages.filter((page) => totals.visits[page] === undefined);
        const current = others.length > 0 ? await totalsAt(session, batch.site, others) : totals;
        return { ...totals, visits: { ...current.visits, ...totals.visits }, refused };
      } catch (error) {
        if (!isStatus(error, "ALREADY_EXISTS")) throw error;
      }
      // A mark may expire between the commit and the lookup: then nothing is refused, and the next commit succeeds.
      appliedAt = await readMarks(session, batch, candidates, refused);
      candidates = candidates.filter(({ index }) => refused[index] === undefined);
    }
    return { ...(await totalsAt(session, batch.site, pages, appliedAt ?? undefined)), refused };
  });
}

/** Sorted by their marks: Datastore locks in key order, and marks that come in another one cost a tenth more. */
function inKeyOrder({ keys }: Context, { site, visits }: Batch): Candidate[] {
  return visits
    .map((visit, index) => ({ index, visit, mark: visit.id === null ? null : keys.visit(site, visit.id) }))
    .sort((a, b) => (markName(a.mark) < markName(b.mark) ? -1 : 1));
}

const markName = (mark: Key | null): string => mark?.path[0]?.name ?? "";

/** One shard for the whole batch. Until the first shard stores how many there are, readers would miss the others: it is used alone. */
function chooseShard(context: Context, site: string): number {
  const announced = Math.min(context.shards, context.knownShards.get(site) ?? 1);
  return Math.floor(context.random() * announced);
}

async function commitOnce(session: Session, batch: Batch, candidates: readonly Candidate[], shard: number): Promise<Totals> {
  const { keys } = session;
  const { site } = batch;
  // In key order, like every mutation that locks counters.
  const additions = tally(candidates.map(({ visit }) => visit)).sort((a, b) => (a.page < b.page ? -1 : 1));
  const mutations = addToSite(keys, site, shard, additions, session.shards);
  const counters = mutations.length;
  const markOf = visitMarks(batch);
  for (const { mark, visit } of candidates) if (mark) mutations.push(markOf(mark, visit));
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

/**
 * Totals at a past moment, by default the current ones. The commit they belong to stands, so a failure to read them is reported as an
 * unknown outcome and never as a refusal of the batch.
 */
async function totalsAt(session: Session, site: string, pages: readonly string[], readTime?: Timestamp): Promise<Totals> {
  const at = readTime === undefined ? undefined : { readTime };
  const snapshot = await readSnapshot(session, site, pages, { fields: TOTAL_FIELDS }, at).catch((cause: unknown) => {
    throw new TransportError("UNKNOWN", "the totals after a commit could not be read", cause);
  });
  return {
    siteVisits: snapshot.site.count,
    visits: Object.fromEntries(pages.map((page, index) => [page, snapshot.pages[index]?.count ?? 0])),
  };
}

/**
 * Looks up the marks of a batch that met ALREADY_EXISTS, and enters visits that were counted before in `refused`. Answers when an
 * earlier attempt of this batch was committed; `null` where none was.
 */
async function readMarks(
  session: Session,
  { id, site }: Batch,
  candidates: readonly Candidate[],
  refused: Record<number, Refusal>,
): Promise<Timestamp | null> {
  const byMark = new Map(candidates.map((candidate) => [markName(candidate.mark), candidate]));
  const marks = candidates.flatMap(({ mark }) => mark ?? []);
  let appliedAt: Timestamp | null = null;
  for (const { entity, createTime } of await lookup(session, marks.length > 0 ? marks : [session.keys.batch(site, id)])) {
    const candidate = byMark.get(markName(entity.key));
    if (!candidate || textOf(entity, "batch") === id) appliedAt = createTime ?? null;
    else refused[candidate.index] = textOf(entity, "page") === candidate.visit.page ? "duplicate" : "conflict";
  }
  return appliedAt;
}
