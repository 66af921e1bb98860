import { beforeEach, expect, test } from "vitest";
import { createKeys } from "../../src/stores/datastore/layout.ts";
import { mergeLookups } from "../../src/stores/datastore/merge-lookups.ts";
import type { Key, Requests, Responses, Transport } from "../../src/stores/datastore/transport.ts";

const TIMEOUT_MS = 1_000;
const keys = createKeys(undefined);
const keyOf = (page: string): Key => keys.counter("example.com", page, 0);

/** Calls that the test answers one by one. */
let calls: { request: Requests["lookup"]; timeoutMs: number; answer: PromiseWithResolvers<object> }[];
let time = 0;
let transport: Transport;
beforeEach(() => {
  calls = [];
  const inner: Transport = {
    call(_method, request, timeoutMs) {
      const answer = Promise.withResolvers<object>();
      calls.push({ request: request as Requests["lookup"], timeoutMs, answer });
      return answer.promise as Promise<Responses[typeof _method]>;
    },
    close: async () => {},
  };
  transport = mergeLookups(inner, () => time);
});

const settle = () => new Promise((resolve) => setImmediate(resolve));
const lookUp = (...pages: string[]) => transport.call("lookup", { keys: pages.map(keyOf) }, TIMEOUT_MS);
const asked = () => calls.map(({ request }) => request.keys.map((key) => key.path[1]?.name));
const found = (...pages: string[]) => ({ found: pages.map((page) => ({ entity: { key: keyOf(page) } })) });

test("lookups that come while one is on its way are merged into the next, and each caller gets its own keys", async () => {
  const first = lookUp("/a");
  await settle();
  const second = lookUp("/b", "/c");
  const third = lookUp("/c", "/d");
  await settle();
  expect(asked()).toEqual([["/a"]]);
  calls[0]?.answer.resolve({});
  expect(await first).toEqual({ found: [], deferred: [] });
  await settle();
  expect(asked()).toEqual([["/a"], ["/b", "/c", "/d"]]);
  calls[1]?.answer.resolve({ ...found("/b", "/c"), deferred: [keyOf("/d")] });
  expect(await second).toEqual({ ...found("/b", "/c"), deferred: [] });
  expect(await third).toEqual({ ...found("/c"), deferred: [keyOf("/d")] });
});

test("the wait for the one before is a part of its time", async () => {
  const first = lookUp("/a");
  await settle();
  const second = lookUp("/b");
  time += 50;
  calls[0]?.answer.resolve({});
  await first;
  await settle();
  expect(calls.map(({ timeoutMs }) => timeoutMs)).toEqual([TIMEOUT_MS, TIMEOUT_MS - 50]);
  calls[1]?.answer.resolve({});
  await second;
});

test("a lookup that fails fails for all its callers, and the next one goes on", async () => {
  const first = lookUp("/a");
  await settle();
  const next = Promise.allSettled([lookUp("/b"), lookUp("/c")]);
  calls[0]?.answer.reject(new Error("lost"));
  await expect(first).rejects.toThrow("lost");
  await settle();
  calls[1]?.answer.reject(new Error("lost as well"));
  expect((await next).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const last = lookUp("/d");
  await settle();
  calls[2]?.answer.resolve(found("/d"));
  expect(await last).toEqual({ ...found("/d"), deferred: [] });
});

test("a lookup in a transaction, and any other call, waits for none", async () => {
  void lookUp("/a");
  void transport.call("lookup", { keys: [keyOf("/b")], readOptions: { transaction: "t" as never } }, TIMEOUT_MS);
  void transport.call("commit", { mode: "TRANSACTIONAL", mutations: [] }, TIMEOUT_MS);
  await settle();
  expect(calls).toHaveLength(3);
});
