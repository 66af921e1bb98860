import { createRecent } from "../domain/recent.ts";

/** How many results are kept, and of how long texts, so that strangers cannot fill the memory. */
const MAX_ENTRIES = 1_000;
const MAX_LENGTH = 512;

/** Remembers a pure function's results: the same few texts come with almost every request. */
export function memoize<T>(compute: (text: string) => T): (text: string) => T {
  const known = createRecent<T>(MAX_ENTRIES);
  return (text) => {
    const kept = known.get(text);
    if (kept !== undefined) return kept;
    const value = compute(text);
    if (text.length <= MAX_LENGTH) known.set(text, value);
    return value;
  };
}
