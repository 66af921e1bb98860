import type { Batch, Count, Receipt, Visit } from "../../domain/store.ts";
import { tally } from "../../domain/tally.ts";
import { type Context, learnShards, type Session, shardsOf } from "./context.ts";
import { countOf } from "./counter.ts";
import { dayPath } from "./days.ts";
import { lookup } from "./lookup.ts";
import { addToSite, markBatch, resultsOf, transformAlso, visitMarks } from "./mutations.ts";
import { withRetries } from "./retry.ts";
import { fieldsOn, readSnapshot } from "./snapshot.ts";
import { isStatus, type Key, type Timestamp, TransportError } from "./transport.ts";
import { textOf } from "./values.ts";

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
  const refused: Record<number, string> = {};
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
        // Visits that were refused ask for more than the commit tells.
        const others = pages.filter((page) => daysOfPage(batch, page).some((day) => totals.pages[page]?.days[day] === undefined));
        if (others.length === 0) return { ...totals, refused };
        return { ...withCurrent(totals, await totalsAt(session, batch, others)), refused };
      } catch (error) {
        if (!isStatus(error, "ALREADY_EXISTS")) throw error;
      }
      // A mark may expire between the commit and the lookup: then nothing is refused, and the next commit succeeds.
      appliedAt = await readMarks(session, batch, candidates, refused);
      candidates = candidates.filter(({ index }) => refused[index] === undefined);
    }
    return { ...(await totalsAt(session, batch, pages, appliedAt ?? undefined)), refused };
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
  const visits = candidates.map(({ visit }) => visit);
  const visitors = (await session.prepareVisitors?.(session, site, shard, visits)) ?? null;
  // In key order, like every mutation that locks counters.
  const additions = tally(visits).sort((a, b) => (a.page < b.page ? -1 : 1));
  const names = [null, ...additions.map(({ page }) => page)];
  const mutations = addToSite(keys, site, shard, additions, session.shards).map((mutation, index) =>
    visitors ? transformAlso(mutation, visitors.transforms(names[index] ?? null)) : mutation,
  );
  mutations.push(...(visitors?.sketches ?? []));
  const counters = mutations.length;
  const markOf = visitMarks(batch);
  for (const { mark, visit } of candidates) if (mark) mutations.push(markOf(mark, visit));
  if (mutations.length === counters) mutations.push(markBatch(keys.batch(site, batch.id), "", batch.expireAt));

  const answer = await session.call("commit", { mode: "TRANSACTIONAL", singleUseTransaction: { readWrite: {} }, mutations });
  const results = mutations.map((mutation, index) => resultsOf(mutation, answer.mutationResults[index]?.transformResults));
  const [siteResults] = results;
  if (shard === 0 && siteResults) learnShards(session, site, siteResults("shards"));
  await visitors?.learn(new Map(names.map((page, index) => [page, results[index] ?? NO_RESULTS])), results.slice(names.length, counters));
  const pages = additions.map(({ page }) => page);
  if (shardsOf(session, site) > 1) return totalsAt(session, batch, pages, answer.commitTime);
  const countFrom = (index: number, days: readonly string[]): Count => {
    const own = results[index] ?? NO_RESULTS;
    const told = { visits: own("count"), days: Object.fromEntries(days.map((day) => [day, own(dayPath(day))])) };
    return { ...told, visitors: visitors?.count(names[index] ?? null, own, told) ?? null };
  };
  return {
    site: countFrom(0, daysNamed(visits)),
    pages: Object.fromEntries(additions.map(({ page, days }, index) => [page, countFrom(index + 1, Object.keys(days))])),
  };
}

const NO_RESULTS = (): number => 0;

function daysNamed(visits: readonly Visit[]): string[] {
  return [...new Set(visits.map(({ day }) => day))];
}

function daysOfPage({ visits }: Batch, page: string): string[] {
  return daysNamed(visits.filter((visit) => visit.page === page));
}

/** Totals of a commit, with current ones where it tells none. */
function withCurrent(totals: Totals, current: Totals): Totals {
  const merge = (count: Count | undefined, now: Count): Count => ({ ...now, ...count, days: { ...now.days, ...count?.days } });
  const pages = Object.fromEntries(Object.entries(current.pages).map(([page, now]) => [page, merge(totals.pages[page], now)]));
  return { site: merge(totals.site, current.site), pages: { ...totals.pages, ...pages } };
}

/**
 * Totals at a past moment, by default the current ones. The commit they belong to stands, so a failure to read them is reported as an
 * unknown outcome and never as a refusal of the batch.
 */
async function totalsAt(session: Session, batch: Batch, pages: readonly string[], readTime?: Timestamp): Promise<Totals> {
  const at = readTime === undefined ? undefined : { readTime };
  const days = daysNamed(batch.visits);
  const snapshot = await readSnapshot(session, batch.site, pages, { fields: fieldsOn(session, days) }, at).catch((cause: unknown) => {
    throw new TransportError("UNKNOWN", "the totals after a commit could not be read", cause);
  });
  return {
    site: countOf(snapshot.site, days),
    pages: Object.fromEntries(pages.map((page, index) => [page, countOf(snapshot.pages[index] ?? snapshot.site, daysOfPage(batch, page))])),
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
