/** The percentile of a share (0 to 1), by the nearest rank; `NaN` where there are no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** The middle value; of an even number the mean of the two in the middle; `NaN` where there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** How far runs of the same thing lie apart: the median distance from their median, as a share of it. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle))) / middle;
}

const CONFIDENCE = 0.95;

/**
 * The interval in which the true median lies, with a confidence of at least 95 %: two of the values, by their ranks, so for any
 * distribution. Fewer than six values tell nothing.
 */
export function medianInterval(values: readonly number[]): [low: number, high: number] {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  // The chance that fewer than `rank` of n lie below the median, as of n coins.
  let below = 0;
  let exactly = 0.5 ** n;
  let rank = 0;
  while (rank < n && 2 * (below + exactly) <= 1 - CONFIDENCE) {
    below += exactly;
    exactly *= (n - rank) / (rank + 1);
    rank += 1;
  }
  if (rank === 0) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return [sorted[rank - 1] ?? Number.NaN, sorted[n - rank] ?? Number.NaN];
}

/** A number with thousands apart. */
export function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

/** A number as people read it: three digits that count, thousands apart. */
export function shortly(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.095 ? 2 : 3;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
