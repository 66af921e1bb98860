import { uptimeMs } from "./uptime.ts";

/** How often it is looked whether the process has become quiet. */
const EVERY_MS = 10_000;
/** The CPU time of a quiet process in that time: a hundredth. */
const QUIET_CPU_MS = 100;
/** What a heap must have grown by, since it was tidied up last, to be worth the trouble. */
const GROWN_BYTES = 32 * 2 ** 20;

/**
 * Gives back what a burst has left, once it is over: V8 collects old garbage when more memory is asked for, so without this a process that
 * was flooded would keep several times of what it uses for as long as nothing happens.
 */
export function tidyWhenQuiet(): void {
  // Since the process began: nothing is asked before the first visit.
  let cpu = { user: 0, system: 0 };
  let time = 0;
  let tidy = 0;
  let collect: NodeJS.GCFunction | undefined;
  setInterval(() => {
    const { user, system } = process.cpuUsage(cpu);
    const late = uptimeMs() - time - EVERY_MS;
    cpu = process.cpuUsage();
    time = uptimeMs();
    if (user + system > QUIET_CPU_MS * 1_000 || process.memoryUsage().heapTotal < tidy + GROWN_BYTES) return;
    // Something has woken a process that was suspended: it is for that to go first.
    if (late > EVERY_MS) return;
    collect ??= exposeGc();
    // Of the kinds of collection this one gives the pages back to the system too.
    collect({ type: "major", flavor: "last-resort" });
    tidy = process.memoryUsage().heapTotal;
  }, EVERY_MS).unref();
}

/**
 * V8's `gc`, as a new context has it. While the flag is on, V8 refuses what was compiled ahead of time without it, Node's own code too: on
 * from the start it would cost that 10 ms, left on it would slow the loading of Google's client.
 */
function exposeGc(): NodeJS.GCFunction {
  const v8 = process.getBuiltinModule("node:v8");
  const { runInNewContext } = process.getBuiltinModule("node:vm");
  v8.setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  v8.setFlagsFromString("--no-expose-gc");
  return gc;
}
