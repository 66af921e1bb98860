import { mock } from "node:test";

/** Where virtual time begins, in milliseconds since 1970: noon, so that no run crosses midnight. */
const NOON = Date.UTC(2026, 10, 22, 12);

/** Time that passes only when asked to. */
export interface VirtualTime {
  /** Milliseconds since 1970. */
  now(): number;
  /** Lets a millisecond pass: its timers fire, and all that they set off happens. */
  advance(): Promise<void>;
  /** Lets time pass until a promise is settled, and answers what it brings. */
  settle<T>(promise: Promise<T>): Promise<T>;
}

/** Runs `body` with `setTimeout` in virtual time, also in the modules that it calls. Nothing else may run in the process meanwhile. */
export async function inVirtualTime<T>(body: (time: VirtualTime) => Promise<T>): Promise<T> {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: NOON });
  async function advance(): Promise<void> {
    mock.timers.tick(1);
    // An immediate is real: it comes when every promise has been settled.
    await new Promise((resolve) => setImmediate(resolve));
  }
  async function settle<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    promise.then(settled, settled);
    while (!isSettled) await advance();
    return promise;
  }
  try {
    return await body({ now: Date.now, advance, settle });
  } finally {
    mock.timers.reset();
  }
}

/** Resolves after so many milliseconds; fractions are rounded to the next one at random, so that the mean is right. */
export function pause(ms: number, random: () => number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.floor(ms + random())));
}
