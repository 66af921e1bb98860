import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createIdentities } from "../../../src/domain/visitors/identities.ts";
import { createIdentify } from "../../../src/domain/visitors/identity.ts";

const CLIENT = { address: "192.0.2.1", userAgent: "Mozilla/5.0" };
const STORED = new Uint8Array(32).fill(7);
const TODAY = "2026-11-29";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(salt: (site: string, day: string) => Promise<Uint8Array>) {
  const ask = vi.fn(salt);
  return { ask, identities: createIdentities({ salt: ask }) };
}

test("clients are told apart by the stored salt", async () => {
  const { ask, identities } = setUp(async () => STORED);
  const identify = await identities("example.com", TODAY);
  expect(identify("example.com", "/", CLIENT)).toEqual(createIdentify(STORED)("example.com", "/", CLIENT));
  expect(ask).toHaveBeenCalledExactlyOnceWith("example.com", TODAY);
});

test("the store is asked once a site and day, however many visits wait", async () => {
  const { ask, identities } = setUp(async () => STORED);
  await Promise.all(Array.from({ length: 100 }, () => identities("example.com", TODAY)));
  await identities("example.com", TODAY);
  expect(ask).toHaveBeenCalledTimes(1);
  await identities("example.com", "2026-11-30");
  await identities("example.org", TODAY);
  expect(ask).toHaveBeenCalledTimes(3);
});

test("a failure reaches those that wait, and the next visit asks again", async () => {
  const { ask, identities } = setUp(async () => STORED);
  ask.mockRejectedValueOnce(new Error("down"));
  const waiting = await Promise.allSettled([identities("example.com", TODAY), identities("example.com", TODAY)]);
  expect(waiting.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(identities("example.com", TODAY)).resolves.toBeTypeOf("function");
});

test("where the request that asked is cancelled, the others ask themselves", async () => {
  const { ask, identities } = setUp(async () => STORED);
  ask.mockReturnValueOnce(new Promise(() => {}));
  void identities("example.com", TODAY);
  const waiting = identities("example.com", TODAY);
  await vi.advanceTimersByTimeAsync(1_000);
  await expect(waiting).resolves.toBeTypeOf("function");
  await identities("example.com", TODAY);
  expect(ask).toHaveBeenCalledTimes(2);
});
