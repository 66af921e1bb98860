import { fail } from "../root.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** What has not ended by then is left to the system, in milliseconds. */
const STOP_WITHIN_MS = 8_000;
/** Miniflare removes its folder when it says that it is gone already: so long it is waited for, in milliseconds. */
const LINGER_MS = 100;

const tasks: (() => unknown)[] = [];
let isStopping = false;

/** Registers what ends with the loop. On Ctrl-C all of it runs, and the process exits with 0. */
export function onEnd(task: () => unknown): void {
  tasks.push(task);
  for (const signal of SIGNALS) {
    // Miniflare's own listeners end the process at once, with 130 or 143.
    process.removeAllListeners(signal);
    process.on(signal, stop);
  }
}

function stop(): void {
  if (isStopping) return;
  isStopping = true;
  setTimeout(() => fail("Not everything has ended in time."), STOP_WITHIN_MS).unref();
  Promise.all(tasks.map(async (task) => task())).then(
    () => setTimeout(() => process.exit(0), LINGER_MS),
    (error: Error) => fail(`Could not stop: ${error.message}`),
  );
}
