import { createRecent } from "../../domain/recent.ts";
import type { Days } from "../../domain/store.ts";

/** Visits of a counter, or of some of its shards. */
export interface Numbers {
  readonly visits: number;
  readonly days: Days;
}

/** What the closed shards of counters hold, as far as it is known. It cannot change within a generation, so nobody has to read it again. */
export interface ClosedShards {
  /** The whole counter's numbers, where the first shard has these; `null` where the others are not known for all of these days. */
  add(counter: string, first: Numbers): Numbers | null;
  /** Learns from the numbers of the first shard and of the whole counter at the same moment. */
  learn(counter: string, first: Numbers, whole: Numbers): void;
}

/** Counters that are remembered, at least. */
const KNOWN_COUNTERS = 20_000;

/** Counters are told apart by names that bear their generation. */
export function createClosedShards(): ClosedShards {
  const known = createRecent<Numbers>(KNOWN_COUNTERS);
  return {
    add(counter, first) {
      const closed = known.get(counter);
      if (!closed || Object.keys(first.days).some((day) => closed.days[day] === undefined)) return null;
      return combine(first, closed, 1);
    },
    learn(counter, first, whole) {
      const { visits, days } = combine(whole, first, -1);
      known.set(counter, { visits, days: { ...known.get(counter)?.days, ...days } });
    },
  };
}

/** The sum, or the difference, of two, with the days of the first and the second. */
function combine(a: Numbers, b: Numbers, sign: 1 | -1): Numbers {
  const days: Record<string, number> = {};
  for (const day of Object.keys(sign === 1 ? a.days : b.days)) days[day] = (a.days[day] ?? 0) + sign * (b.days[day] ?? 0);
  return { visits: a.visits + sign * b.visits, days };
}
