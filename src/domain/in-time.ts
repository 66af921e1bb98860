/** How long is left until `deadline`, asked now and again: a clock that is set back meanwhile does not put it off. */
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

/** What a promise comes to; where that takes longer than `limit` milliseconds, what `late` answers or throws. */
export function inTime<T>(promise: Promise<T>, limit: number, late: () => T): Promise<T> {
  // `Promise.race` would make five promises more.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(Promise.resolve().then(late)), limit);
    promise.then(resolve, reject).then(() => clearTimeout(timer));
  });
}
