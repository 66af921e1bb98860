import { createRecent } from "./recent.ts";

/** The longest wait that is told, in seconds. */
const MAX_WAIT_S = 86_400;

/** Token buckets of one size, one for each key. */
export interface Buckets {
  /** Takes a token: answers 0, or after how many whole seconds there will be one. */
  take(key: string): number;
  /** Gives back a token that was not needed. */
  giveBack(key: string): void;
}

/**
 * Buckets that are full at first. Those of the `most` keys that were used last are kept: whoever is forgotten has a full one again.
 *
 * @param options.burst tokens in a full one
 * @param options.msEach after how many milliseconds a token comes back
 */
export function createBuckets(options: { burst: number; msEach: number; most: number; now: () => number }): Buckets {
  const { burst, msEach, most, now } = options;
  /** How many tokens were gone, and when (milliseconds since 1970). */
  const buckets = createRecent<{ gone: number; readonly at: number }>(most);

  return {
    take(key) {
      const time = now();
      const { gone, at } = buckets.get(key) ?? { gone: 0, at: time };
      // A clock that was set back takes nothing away.
      const taken = Math.max(0, gone - Math.max(0, time - at) / msEach) + 1;
      if (taken > burst) return Math.min(MAX_WAIT_S, Math.ceil(((taken - burst) * msEach) / 1_000));
      buckets.set(key, { gone: taken, at: time });
      return 0;
    },
    giveBack(key) {
      const bucket = buckets.get(key);
      if (bucket) bucket.gone -= 1;
    },
  };
}
