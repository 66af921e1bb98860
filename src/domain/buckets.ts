import { createRecent } from "./recent.ts";

/** The longest wait that is answered, in seconds. */
const MAX_WAIT_S = 86_400;

/** Token buckets of one size, one a key. */
export interface Buckets {
  /** Takes tokens (by default one) and answers 0; where there are too few, answers the whole seconds until there are enough. */
  take(key: string, tokens?: number): number;
  /** Returns a token that was not needed. */
  giveBack(key: string): void;
}

/**
 * Creates buckets, full at first. At least the `most` keys used last are kept; a key that was dropped starts with a full bucket again.
 *
 * @param options.burst tokens in a full bucket
 * @param options.msEach milliseconds in which one token is refilled
 * @param options.now milliseconds since 1970
 */
export function createBuckets(options: { burst: number; msEach: number; most: number; now: () => number }): Buckets {
  const { burst, msEach, most, now } = options;
  /** The tokens that were missing at a time. */
  const buckets = createRecent<{ gone: number; readonly at: number }>(most);

  return {
    take(key, tokens = 1) {
      const time = now();
      const { gone, at } = buckets.get(key) ?? { gone: 0, at: time };
      // A clock that was set back counts as one that stood still.
      const taken = Math.max(0, gone - Math.max(0, time - at) / msEach) + tokens;
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
