import { MAX_RANK, RANK_BITS, REGISTERS, type Sketch } from "./sketch.ts";

/** The share of the raw estimate that holds for many registers: 1 / (2 ln 2). */
const ALPHA = 0.5 / Math.LN2;

/**
 * How many different visitors a sketch has seen: the improved raw estimator of O. Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (2017, https://arxiv.org/abs/1702.01284, algorithm 6). One formula for every number of visitors. It uses only
 * operations that IEEE 754 defines to the last bit, so that every runtime answers the same.
 *
 * @returns a whole number; 0 for an empty sketch
 */
export function estimate({ ranks }: Sketch): number {
  const counts = new Uint16Array(MAX_RANK + 1);
  for (const rank of ranks) counts[rank] = (counts[rank] ?? 0) + 1;
  const share = (rank: number): number => (counts[rank] ?? 0) / REGISTERS;
  let sum = tau(1 - share(MAX_RANK));
  for (let rank = RANK_BITS; rank >= 1; rank -= 1) sum = (sum + share(rank)) / 2;
  return Math.round((ALPHA * REGISTERS) / (sum + sigma(share(0))));
}

/** What the empty registers add; infinite where all are empty. */
function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY;
  let [power, weight, sum, before] = [share, 1, share, -1];
  while (sum !== before) {
    before = sum;
    power *= power;
    sum += power * weight;
    weight *= 2;
  }
  return sum;
}

/** What the registers of the largest rank take away. */
function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let [root, weight, sum, before] = [share, 1, 1 - share, -1];
  while (sum !== before) {
    before = sum;
    root = Math.sqrt(root);
    weight /= 2;
    // Not `**`, whose last bit is the engine's own.
    sum -= (1 - root) * (1 - root) * weight;
  }
  return sum / 3;
}
