/** How often it is looked whether the process has become quiet. */
const EVERY_MS = 10_000;
/** The CPU time of a quiet process in that time: a hundredth. */
const QUIET_CPU_MS = 100;
/** A heap that is worth the trouble. One that has been tidied up is smaller. */
const LARGE_HEAP_BYTES = 48 * 2 ** 20;

/**
 * Gives back what a burst has left, once it is over: V8 collects old garbage when more memory is asked for, so without this a process that
 * was flooded would keep several times of what it uses for as long as nothing happens. Needs Node's `--expose-gc`.
 */
export function tidyWhenQuiet(): void {
  let before = process.cpuUsage();
  setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    if (user + system > QUIET_CPU_MS * 1_000 || process.memoryUsage().heapTotal < LARGE_HEAP_BYTES) return;
    // Of the kinds of collection this one gives the pages back to the system too.
    globalThis.gc?.({ type: "major", flavor: "last-resort" });
  }, EVERY_MS).unref();
}
