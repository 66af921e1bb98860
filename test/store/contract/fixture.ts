import { createHash, randomUUID } from "node:crypto";
import { isMisfit } from "../../../src/domain/correction.ts";
import type {
  Addition,
  AdditionBatch,
  Batch,
  Correction,
  Days,
  NewTotals,
  PageTotal,
  Period,
  Receipt,
  Store,
  Totals,
  Visit,
} from "../../../src/domain/store.ts";
import { placeOf } from "../../../src/domain/visitors/sketch.ts";
import type { Visitor } from "../../../src/domain/visitors/visitor.ts";
import type { Transport } from "../../../src/stores/datastore/transport.ts";

/** A period that has the days of every test. */
export const ALWAYS: Period = { from: "2026-01-01", to: "2026-12-31" };
export const DAY = "2026-11-22";
const LIFETIME_MS = 48 * 3_600_000;
const DEADLINE_MS = 6_000;

/** A site that no other test uses. */
export function newSite(): string {
  return `${randomUUID()}.example`;
}

/** A deadline that every store meets, in milliseconds since 1970. */
export function soon(): number {
  return Date.now() + DEADLINE_MS;
}

export function visit(page: string, id: string | null = null, day: string = DAY, visitor: Visitor | null = visitorOf(page)): Visit {
  return { page, day, id, visitor };
}

/** A visitor of a page, by a name: another one each time without. The store without visitors ignores them. */
export function visitorOf(page: string, name: string = randomUUID()): Visitor {
  const placeIn = (scope: string) => {
    const hash = createHash("sha256").update(`${scope} ${name}`).digest();
    return placeOf(hash.readUInt32BE(0), hash.readUInt32BE(4));
  };
  return { site: placeIn("site"), page: placeIn(`page ${page}`) };
}

/** A batch with a new id. */
export function batchOf(site: string, visits: readonly Visit[]): Batch {
  return { id: randomUUID(), site, visits, expireAt: Date.now() + LIFETIME_MS };
}

/** Counts each page `counts[page]` times, in batches. */
export async function count(store: Store, site: string, counts: Readonly<Record<string, number>>, day?: string): Promise<void> {
  const visits = Object.entries(counts).flatMap(([page, times]) => Array.from({ length: times }, () => visit(page, null, day)));
  for (let start = 0; start < visits.length; start += 400) await store.commit(batchOf(site, visits.slice(start, start + 400)), soon());
}

/** Sets a page's or a site's visits, or removes a page. */
export function correctionOf(
  site: string,
  page: string | null,
  change: number | null | Partial<NewTotals>,
  id: string = randomUUID(),
): Correction {
  const totals: NewTotals = {
    visits: null,
    visitors: null,
    dropDays: false,
    ...(typeof change === "number" ? { visits: change } : change),
  };
  return { id, site, page, change: change === null ? "remove" : totals, today: DAY, expireAt: Date.now() + LIFETIME_MS };
}

/** A batch of additions by page: visits, and those of them that have a day. */
export function additionOf(
  site: string,
  additions: Readonly<Record<string, Partial<Addition>>>,
  { id, digest }: { id: string; digest: string } = { id: randomUUID(), digest: "digest" },
): AdditionBatch {
  const list = Object.entries(additions).map(([page, addition]) => addTo(page, addition));
  return { id, digest, site, additions: list, expireAt: Date.now() + LIFETIME_MS };
}

/** What is added to a page, or to the site alone (`null`). */
export function addTo(page: string | null, addition: Partial<Addition>): Addition {
  return { page, visits: 0, days: {}, visitors: 0, visitorDays: {}, ...addition };
}

/** Visits alone, as most tests look at them. */
interface Visits {
  readonly siteVisits: number;
  readonly visits: readonly number[];
}

/** Commits a batch; answers the visits of its receipt. */
export async function commit(store: Store, batch: Batch, deadline: number = soon()) {
  return visitsOf(await store.commit(batch, deadline));
}

function visitsOf({ site, pages, refused }: Receipt) {
  return {
    siteVisits: site.visits,
    visits: Object.fromEntries(Object.entries(pages).map(([page, { visits }]) => [page, visits])),
    refused,
  };
}

export async function totals(store: Store, site: string, pages: readonly string[]): Promise<Visits> {
  return brief(await store.totals(site, pages, DAY));
}

/** Corrects totals that fit. */
export async function correct(store: Store, correction: Correction, deadline: number = soon()): Promise<Visits> {
  const result = await store.correct(correction, deadline);
  if (isMisfit(result)) throw new Error(`the totals do not fit: ${JSON.stringify(result)}`);
  return brief(result);
}

function brief({ site, pages }: Totals): Visits {
  return { siteVisits: site.visits, visits: pages.map(({ visits }) => visits) };
}

export async function daysOf(store: Store, site: string, page: string | null, period: Period): Promise<Days> {
  return (await store.days(site, page, period)).days;
}

export async function pagesOf(store: Store, site: string, after: string | null, limit: number, period: Period | null) {
  return (await store.pages(site, after, limit, period)).map(withoutVisitors);
}

export async function topOf(store: Store, site: string, limit: number, period: Period | null) {
  return (await store.top(site, limit, period)).map(withoutVisitors);
}

function withoutVisitors({ page, visits, days }: PageTotal) {
  return { page, visits, days };
}

/** Calls an emulator until it answers fast: the first calls after its start may take seconds. */
export async function warmUp({ call }: Transport): Promise<void> {
  const key = { path: [{ kind: "batch", name: `warm-up-${randomUUID()}` }] };
  const request = {
    mode: "TRANSACTIONAL",
    singleUseTransaction: { readWrite: {} },
    mutations: [{ upsert: { key, properties: {} } }],
  } as const;
  const deadline = Date.now() + 60_000;
  for (let fast = 0; fast < 3 && Date.now() < deadline; ) {
    const began = Date.now();
    const answered = await call("commit", request, 20_000).then(
      () => true,
      () => false,
    );
    fast = answered && Date.now() - began < 200 ? fast + 1 : 0;
  }
}

/** 1 … n. */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}
