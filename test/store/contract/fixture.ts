import { randomUUID } from "node:crypto";
import type { AdditionBatch, Batch, Correction, Days, Period, Store, Visit } from "../../../src/domain/store.ts";

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

export function visit(page: string, id: string | null = null, day: string = DAY): Visit {
  return { page, day, id };
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

export function correctionOf(site: string, page: string, visits: number | null, id: string = randomUUID()): Correction {
  return { id, site, page, visits, expireAt: Date.now() + LIFETIME_MS };
}

/** A batch of additions by page: visits, and those of them that have a day. */
export function additionOf(
  site: string,
  additions: Readonly<Record<string, { visits: number; days: Days }>>,
  { id, digest }: { id: string; digest: string } = { id: randomUUID(), digest: "digest" },
): AdditionBatch {
  const list = Object.entries(additions).map(([page, addition]) => ({ page, ...addition }));
  return { id, digest, site, additions: list, expireAt: Date.now() + LIFETIME_MS };
}

/** 1 … n. */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}
