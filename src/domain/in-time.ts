/** What a promise comes to; where that takes longer than `limit` milliseconds, what `late` answers or throws. */
export async function inTime<T>(promise: Promise<T>, limit: number, late: () => T): Promise<T> {
  const { promise: timeout, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limit);
  try {
    return await Promise.race([promise, timeout.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
