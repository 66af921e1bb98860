import { expect } from "vitest";

/** What a page shows in the end: on a loaded machine it takes its time. */
export function eventually<Value>(read: () => Value | Promise<Value>, timeout = 20_000) {
  return expect.poll(read, { timeout });
}
