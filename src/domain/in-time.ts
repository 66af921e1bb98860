/** A function that answers how many milliseconds are left until `deadline`. A clock that is set back between calls adds none. */
export function timeLeft(deadline: number, now: () => number): () => number {
  let end = deadline;
  let seen = now();
  return () => {
    const before = seen;
    seen = now();
    end -= Math.max(0, before - seen);
    return end - seen;
  };
}

/** The promise's result; what `late` returns or throws where that takes longer than `limit` milliseconds. */
export function inTime<T>(promise: Promise<T>, limit: number, late: () => T): Promise<T> {
  // `Promise.race` would create five promises more.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(Promise.resolve().then(late)), limit);
    promise.then(resolve, reject).then(() => clearTimeout(timer));
  });
}

/** Lets others run: between two parts of what would hold the only thread for long. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
