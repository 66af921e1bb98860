import { createRecent } from "../../domain/recent.ts";
import type { Days } from "../../domain/store.ts";

/** Visits of a counter, or of its first shard. */
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
  /** The first shard less the whole counter. */
  const known = createRecent<Numbers>(KNOWN_COUNTERS);
  return {
    add(counter, first) {
      const closed = known.get(counter);
      return closed && Object.keys(first.days).every((day) => day in closed.days) ? subtract(first, closed) : null;
    },
    learn: (counter, first, whole) => known.set(counter, subtract(first, whole)),
  };
}

/** The difference of two, on the days of the first. */
function subtract(a: Numbers, b: Numbers): Numbers {
  const days = Object.entries(a.days).map(([day, visits]) => [day, visits - (b.days[day] ?? 0)]);
  return { visits: a.visits - b.visits, days: Object.fromEntries(days) };
}
