import { normal } from "./random.ts";

/** A lognormal distribution of milliseconds. */
export interface Latency {
  readonly medianMs: number;
  readonly sigma: number;
}

/** Of the normal distribution. */
const P99 = 2.326;

/**
 * Spanner's two-phase commit by participants: mean and 99th percentile in milliseconds. Datastore is built on Spanner.
 * https://research.google/pubs/spanner-googles-globally-distributed-database-2/ (OSDI 2012), table 4
 */
const BY_PARTICIPANTS = [
  [1, 17, 75],
  [2, 24.5, 88],
  [5, 31.5, 105],
  [10, 30, 96],
  [25, 35.5, 100],
  [50, 43, 94],
  [100, 71, 131],
  [200, 150, 320],
] as const;

/**
 * Reading, changing and writing a row of Spanner in a multi-region, as one benchmark had it; others differ by place. A claim on the list
 * (`npm run smoke -- --claims`), like the difference to a read.
 */
const MULTI_REGION: Latency = { medianMs: 48, sigma: Math.log(66 / 48) / P99 };
/** Strong reads in one region; assumed, as no source tells more than "some milliseconds": see the claim on the list. */
const READ: Latency = { medianMs: 5, sigma: 0.6 };
const MULTI_REGION_READ: Latency = { medianMs: 15, sigma: 0.4 };
/** What the front end adds to each call: between these, evenly. Assumed; it is in what the claim measures. */
const FRONT_END_MS = [3, 8] as const;

export type Region = "one" | "multi";

/** A sample in milliseconds. */
export function sample({ medianMs, sigma }: Latency, random: () => number): number {
  return medianMs * Math.exp(sigma * normal(random));
}

export function frontEnd(random: () => number): number {
  const [least, most] = FRONT_END_MS;
  return least + (most - least) * random();
}

/** How long a commit takes that touches so many splits. */
export function commitLatency(region: Region, participants: number): Latency {
  const known = BY_PARTICIPANTS.findLast(([count]) => count <= participants) ?? BY_PARTICIPANTS[0];
  const [, mean, p99] = known;
  const base = lognormal(mean, p99);
  if (region === "one") return base;
  return { medianMs: MULTI_REGION.medianMs * (mean / BY_PARTICIPANTS[0][1]), sigma: MULTI_REGION.sigma };
}

export function readLatency(region: Region): Latency {
  return region === "one" ? READ : MULTI_REGION_READ;
}

/** The lognormal distribution with this mean and 99th percentile. */
function lognormal(mean: number, p99: number): Latency {
  const sigma = P99 - Math.sqrt(P99 ** 2 - 2 * Math.log(p99 / mean));
  return { medianMs: mean / Math.exp(sigma ** 2 / 2), sigma };
}
