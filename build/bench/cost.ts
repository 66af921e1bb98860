/**
 * Prices in US dollars, without free tiers, as of November 2026, for a multi-region database and a service in a region of tier 1. They
 * are inputs: check them against Google's lists for your own regions.
 */
const PRICES = {
  /** https://cloud.google.com/datastore/pricing: a multi-region; one region costs half. A TTL policy's deletes are billed as deletes. */
  entityWrite: 0.18 / 100_000,
  entityDelete: 0.02 / 100_000,
  entityRead: 0.06 / 100_000,
  /** https://cloud.google.com/api-gateway/pricing: up to a billion calls a month. */
  gatewayCall: 3 / 1e6,
  /** https://cloud.google.com/run/pricing: for each request, and for each second in which any is on its way: of one CPU and half a GiB. */
  runRequest: 0.4 / 1e6,
  runSecond: 0.000_024 + 0.5 * 0.000_002_5,
  /** https://cloud.google.com/stackdriver/pricing: by GiB; Cloud Run writes a line for every request by itself. */
  logGib: 0.5,
} as const;

/** Bytes of Cloud Run's own line for a request. */
const LOG_LINE_BYTES = 1_000;
/** Cloud Run rounds the time of an instance up to this. */
const ROUNDED_S = 0.1;
const MILLION = 1e6;

/** Entity writes per visit: a commit writes the page, the site and, where its visits have no ids, its own mark; with ids each visit has a mark. */
export function writesPerVisit(visits: number, commits: number, ids: boolean): number {
  return (ids ? 2 * commits + visits : 3 * commits) / visits;
}

/** What a million visits cost, by service. */
export interface Cost {
  readonly writes: number;
  readonly deletes: number;
  readonly gateway: number;
  readonly run: number;
  readonly logs: number;
  readonly sum: number;
}

/**
 * @param visitsPerSecond of all pages, as many as one instance takes; those on their way together share its time
 * @param writesPerVisit as measured
 * @param marksPerVisit entities that a TTL policy deletes later
 */
export function costPerMillion(visitsPerSecond: number, writesPerVisit: number, marksPerVisit: number): Cost {
  const seconds = Math.min(ROUNDED_S, 1 / visitsPerSecond);
  const writes = MILLION * writesPerVisit * PRICES.entityWrite;
  const deletes = MILLION * marksPerVisit * PRICES.entityDelete;
  const gateway = MILLION * PRICES.gatewayCall;
  const run = MILLION * (PRICES.runRequest + seconds * PRICES.runSecond);
  const logs = ((MILLION * LOG_LINE_BYTES) / 2 ** 30) * PRICES.logGib;
  return { writes, deletes, gateway, run, logs, sum: writes + deletes + gateway + run + logs };
}

/** What Datastore's part of a million visits costs in a region, or in a multi-region. */
export function datastorePerMillion(
  visits: number,
  { reads, writes, marks }: { readonly reads: number; readonly writes: number; readonly marks: number },
  region: "one" | "multi",
): number {
  const sum = reads * PRICES.entityRead + writes * PRICES.entityWrite + marks * PRICES.entityDelete;
  return (sum * (region === "one" ? 0.5 : 1) * MILLION) / visits;
}
