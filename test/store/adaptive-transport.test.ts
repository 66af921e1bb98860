import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createAdaptiveTransport } from "../../src/platform/node/adaptive-transport.ts";
import { type Transport, TransportError } from "../../src/stores/datastore/transport.ts";

const BUSY_CALLS = 40;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A transport that tells which one it is, or fails. */
function transport(name: string, failure?: () => Error | undefined): Transport {
  return {
    async call() {
      const error = failure?.();
      if (error) throw error;
      return { transaction: name } as never;
    },
    close: async () => {},
  };
}

function start(load: () => Promise<Transport>) {
  const told: unknown[] = [];
  const adaptive = createAdaptiveTransport({ first: transport("first"), load, onLoaded: (error) => told.push(error), now: Date.now });
  const call = async () => (await adaptive.call("beginTransaction", {} as never, 1_000)).transaction;
  const burst = async () => {
    for (let index = 0; index < BUSY_CALLS; index += 1) await call();
  };
  return { told, call, burst };
}

test("the faster one is loaded once it is busy, and takes over", async () => {
  const { told, call, burst } = start(async () => transport("faster"));
  expect(await call()).toBe("first");
  expect(told).toEqual([]);
  await burst();
  expect(told).toEqual([null]);
  expect(await call()).toBe("faster");
});

test("a call that the faster one does not bring to the server is tried on the first one next", async () => {
  let failure: Error | undefined;
  const { call, burst } = start(async () => transport("faster", () => failure));
  await burst();
  failure = new TransportError("UNAVAILABLE", "gone");
  await expect(call()).rejects.toThrow("gone");
  failure = undefined;
  expect([await call(), await call()]).toEqual(["first", "faster"]);
});

test("where it cannot be loaded the first one goes on, and it is tried again after a while", async () => {
  const failure = new Error("not now");
  let isAway = true;
  const { told, call, burst } = start(async () => {
    if (isAway) throw failure;
    return transport("faster");
  });
  await burst();
  await burst();
  expect(told).toEqual([failure]);
  isAway = false;
  await burst();
  expect(await call()).toBe("first");
  await vi.advanceTimersByTimeAsync(30_000);
  await burst();
  expect(told).toEqual([failure, null]);
  expect(await call()).toBe("faster");
});
