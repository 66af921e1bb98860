import type { Batch, Receipt } from "../../domain/store.ts";
import { daysOfPage, totalsAt, withCurrent } from "./batch-totals.ts";
import { type Candidate, commitOnce } from "./commit-once.ts";
import type { Context, Session } from "./context.ts";
import { SHARD_FIELDS } from "./counter.ts";
import { lookup } from "./lookup.ts";
import { withRetries } from "./retry.ts";
import { isStatus, type Key, type Timestamp } from "./transport.ts";
import { numberOf, textOf } from "./values.ts";

/**
 * Counts a batch with one commit, which inserts a mark for each id (one for the batch where no visit has an id) and increments the
 * counters. While the outcome is unknown, the same commit is sent again until Datastore answers OK or ALREADY_EXISTS. Then the marks are
 * looked up: one with this batch's id was written by an earlier attempt, whose totals are read at its `createTime`; any other belongs to
 * a visit that was counted before, which leaves the batch. Once such a mark stands, no earlier attempt can be applied any more.
 */
export async function commitBatch(context: Context, batch: Batch, deadline: number, onRetry?: () => void): Promise<Receipt> {
  const refused: Record<number, string> = {};
  let candidates = inKeyOrder(context, batch);
  const pages = [...new Set(batch.visits.map((visit) => visit.page))].sort();

  const pauseMs = context.sharding.pauseMs(batch.site);
  if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  const begunAt = context.now();
  let attempts = 0;
  return withRetries(context, deadline, async (session) => {
    if (attempts > 0) {
      onRetry?.();
      if (session.sharding.most > 1) await lookAgain(session, batch, begunAt);
    }
    attempts += 1;
    let appliedAt: Timestamp | null = null;
    while (candidates.length > 0 && appliedAt === null) {
      const plan = session.sharding.plan(batch.site);
      try {
        const totals = await commitOnce(session, batch, candidates, plan, begunAt);
        // Visits that were refused ask for more than the commit tells.
        const others = pages.filter((page) => daysOfPage(batch, page).some((day) => totals.pages[page]?.days[day] === undefined));
        if (others.length === 0) return { ...totals, refused };
        return { ...withCurrent(totals, await totalsAt(session, batch, others)), refused };
      } catch (error) {
        if (plan.shard > 0 && isStatus(error, "NOT_FOUND")) {
          // Marks keep an earlier attempt on the closed shard and this one from being both applied.
          session.sharding.closed(batch.site);
          continue;
        }
        if (!isStatus(error, "ALREADY_EXISTS")) throw error;
      }
      // A mark may expire between the commit and the lookup: then nothing is refused, and the next commit succeeds.
      appliedAt = await readMarks(session, batch, candidates, refused);
      candidates = candidates.filter(({ index }) => refused[index] === undefined);
    }
    return { ...(await totalsAt(session, batch, pages, appliedAt ?? undefined)), refused };
  });
}

/** Others may have opened shards while this instance waits for the first one: looks, without a lock. */
async function lookAgain(session: Session, { site, visits }: Batch, begunAt: number): Promise<void> {
  const paths = ["count", ...SHARD_FIELDS];
  const [root] = await lookup(session, [session.keys.counter(site, null, 0)], { propertyMask: { paths } });
  if (!root) return;
  const seen = { open: numberOf(root.entity, "open"), count: numberOf(root.entity, "count"), visits: visits.length };
  session.sharding.waits(site, session.now() - begunAt, seen);
}

/** Sorted by their marks: Datastore locks in key order, and marks that come in another one cost a tenth more. */
function inKeyOrder({ keys }: Context, { site, visits }: Batch): Candidate[] {
  return visits
    .map((visit, index) => ({ index, visit, mark: visit.id === null ? null : keys.visit(site, visit.id) }))
    .sort((a, b) => (markName(a.mark) < markName(b.mark) ? -1 : 1));
}

const markName = (mark: Key | null): string => mark?.path[0]?.name ?? "";

/**
 * Looks up the marks of a batch that met ALREADY_EXISTS, and enters visits that were counted before in `refused`. Answers when an
 * earlier attempt of this batch was committed; `null` where none was.
 */
async function readMarks(
  session: Session,
  { id, site }: Batch,
  candidates: readonly Candidate[],
  refused: Record<number, string>,
): Promise<Timestamp | null> {
  const byMark = new Map(candidates.map((candidate) => [markName(candidate.mark), candidate]));
  const marks = candidates.flatMap(({ mark }) => mark ?? []);
  let appliedAt: Timestamp | null = null;
  for (const { entity, createTime } of await lookup(session, marks.length > 0 ? marks : [session.keys.batch(site, id)])) {
    const candidate = byMark.get(markName(entity.key));
    if (!candidate || textOf(entity, "batch") === id) appliedAt = createTime ?? null;
    else refused[candidate.index] = textOf(entity, "page") ?? "";
  }
  return appliedAt;
}
