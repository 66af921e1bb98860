/** Google's list prices in US dollars, without free tiers, as of November 2026: https://cloud.google.com/products/calculator */
export const PRICES = {
  /** Datastore, in a multi-region; a region costs half. A TTL policy's deletes are billed as deletes. */
  entityWrite: 0.18 / 100_000,
  entityDelete: 0.02 / 100_000,
  /** API Gateway, up to a billion calls a month. */
  gatewayCall: 3 / 1e6,
  /** Cloud Run, billed by request: the request, and a CPU and half a GiB for as long as any is on its way. */
  runRequest: 0.4 / 1e6,
  runSecond: 0.000_024 + 0.5 * 0.000_002_5,
  /** Cloud Logging, by GiB; Cloud Run writes a line for every request by itself. */
  logGib: 0.5,
} as const;

/** Bytes of Cloud Run's own line for a request. */
const LOG_LINE_BYTES = 1_000;
/** How long a request takes at Google, with a commit across zones; on the emulator it is a tenth. */
const REQUEST_S = 0.03;
const MILLION = 1e6;

/** What a million visits cost, by who is paid. */
export interface Cost {
  readonly writes: number;
  readonly deletes: number;
  readonly gateway: number;
  readonly run: number;
  readonly logs: number;
  readonly sum: number;
}

/**
 * @param visitsPerSecond of all pages; those on their way together share an instance's time
 * @param writesPerVisit as measured
 * @param marksPerVisit entities that a TTL policy deletes later
 */
export function costPerMillion(visitsPerSecond: number, writesPerVisit: number, marksPerVisit: number): Cost {
  const together = Math.max(1, visitsPerSecond * REQUEST_S);
  const writes = MILLION * writesPerVisit * PRICES.entityWrite;
  const deletes = MILLION * marksPerVisit * PRICES.entityDelete;
  const gateway = MILLION * PRICES.gatewayCall;
  const run = MILLION * (PRICES.runRequest + (REQUEST_S / together) * PRICES.runSecond);
  const logs = ((MILLION * LOG_LINE_BYTES) / 2 ** 30) * PRICES.logGib;
  return { writes, deletes, gateway, run, logs, sum: writes + deletes + gateway + run + logs };
}
