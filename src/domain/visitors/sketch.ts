/** Registers of a sketch: the first 12 bits of a hash choose one. */
export const REGISTERS = 4_096;
/** Bits of a hash behind those of the register. */
export const RANK_BITS = 52;
/** The largest rank: all of those bits are zero. */
export const MAX_RANK = RANK_BITS + 1;

/** All that is kept of a visitor: a register (0 to 4,095) and a rank (1 to 53). Many visitors share a place. */
export interface Place {
  readonly register: number;
  readonly rank: number;
}

/**
 * The place of a 64-bit hash, given as two halves: the first 12 bits are the register; the leading zeros of the next 52, plus 1, are
 * the rank.
 */
export function placeOf(high: number, low: number): Place {
  const rest = high & 0xfffff;
  const zeros = rest === 0 ? 20 + Math.clz32(low) : Math.clz32(rest) - 12;
  return { register: high >>> 20, rank: zeros + 1 };
}

/**
 * A HyperLogLog sketch of a day's visitors: the largest rank per register, 0 where there is none. The order of additions and
 * repeated ones do not matter.
 */
export class Sketch {
  /** The rank of each register. */
  readonly ranks: Uint8Array;
  /** How many registers have each rank, 0 to 53: kept up to date, so that an estimate need not count them. */
  readonly counts: Uint16Array;

  /** Without ranks an empty one. */
  constructor(ranks?: Uint8Array, counts = ranks ? countRanks(ranks) : countsOfNone()) {
    this.ranks = ranks ?? new Uint8Array(REGISTERS);
    this.counts = counts;
  }

  /** Whether a place would let its register grow. What is no place would not. */
  lacks({ register, rank }: Place): boolean {
    const known = this.ranks[register];
    return known !== undefined && rank > known && rank <= MAX_RANK;
  }

  /** Adds a place; answers whether its register grew. */
  add(place: Place): boolean {
    if (!this.lacks(place)) return false;
    const { register, rank } = place;
    const known = this.ranks[register] ?? 0;
    this.ranks[register] = rank;
    this.counts[known] = (this.counts[known] ?? 0) - 1;
    this.counts[rank] = (this.counts[rank] ?? 0) + 1;
    return true;
  }

  copy(): Sketch {
    return new Sketch(this.ranks.slice(), this.counts.slice());
  }

  equals(other: Sketch): boolean {
    return this.ranks.every((rank, register) => rank === other.ranks[register]);
  }
}

function countsOfNone(): Uint16Array {
  const counts = new Uint16Array(MAX_RANK + 1);
  counts[0] = REGISTERS;
  return counts;
}

function countRanks(ranks: Uint8Array): Uint16Array {
  const counts = new Uint16Array(MAX_RANK + 1);
  for (const rank of ranks) counts[rank] = (counts[rank] ?? 0) + 1;
  return counts;
}

/**
 * The sketch with these places added, and the places by which it is larger: each register once. The given sketch stays as it is, and is
 * the one answered where nothing grows, as on a page that knows its visitors.
 */
export function grow(sketch: Sketch, places: readonly Place[]): { readonly sketch: Sketch; readonly grown: readonly Place[] } {
  if (!places.some((place) => sketch.lacks(place))) return { sketch, grown: [] };
  const after = sketch.copy();
  const grown = new Map<number, Place>();
  for (const place of places) if (after.add(place)) grown.set(place.register, place);
  return { sketch: after, grown: [...grown.values()] };
}
