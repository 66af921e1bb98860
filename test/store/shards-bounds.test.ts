import { expect, test } from "vitest";
import { createEntities } from "../../build/bench/scale/entities.ts";
import { createClosedShards } from "../../src/stores/datastore/closed-shards.ts";
import { createSharding } from "../../src/stores/datastore/sharding.ts";
import { createDatastoreStore } from "../../src/stores/datastore/store.ts";
import { type Transport, TransportError } from "../../src/stores/datastore/transport.ts";
import { batchOf, DAY, soon, visit } from "./contract/fixture.ts";

const SITE = "www.example";
/** Twice `KNOWN_SITES` of sharding.ts and of store.ts, and twice `KNOWN_COUNTERS` of closed-shards.ts. */
const MOST_SITES = 2_000;
const MOST_COUNTERS = 40_000;

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}.example`);

test("an instance forgets which shards are open after 2,000 other sites", () => {
  const sharding = createSharding("auto", { now: () => 0, random: () => 0.99 });
  const learn = (site: string) => sharding.committed(site, 20, { open: 4, count: 10, visits: 10 });
  learn(SITE);
  for (const site of numbered(MOST_SITES)) learn(site);
  expect(sharding.plan(SITE)).toEqual({ shard: 0, opens: false });
  expect(sharding.plan(`${MOST_SITES - 1}.example`)).toEqual({ shard: 3, opens: false });
});

test("it forgets what closed shards hold after 40,000 other counters", () => {
  const closed = createClosedShards();
  const first = { visits: 10, days: { [DAY]: 10 } };
  const whole = { visits: 30, days: { [DAY]: 20 } };
  closed.learn(SITE, first, whole);
  expect(closed.add(SITE, first)).toEqual(whole);
  for (const counter of numbered(MOST_COUNTERS)) closed.learn(counter, first, whole);
  expect(closed.add(SITE, first)).toBeNull();
  expect(closed.add(`${MOST_COUNTERS - 1}.example`, first)).toEqual(whole);
});

test("a site's shards that were forgotten are read again: its totals are right", async () => {
  const transport = inMemory();
  const open = (shards: number, random: number) =>
    createDatastoreStore({
      transport,
      shards,
      namespace: "",
      readIn: "readOnly",
      saltTransport: null,
      now: Date.now,
      random: () => random,
    });
  const count = (store: ReturnType<typeof open>, site: string) => store.commit(batchOf(site, [visit("/")]), soon());
  const others = [open(4, 0.3), open(4, 0.9)];
  for (const store of others) for (let times = 0; times < 3; times += 1) await count(store, SITE);
  const store = open(1, 0);
  expect((await count(store, SITE)).site.visits).toBe(7);
  for (const site of numbered(MOST_SITES)) await count(store, site);
  expect((await store.totals(SITE, ["/"], DAY)).site.visits).toBe(7);
  expect((await count(store, SITE)).pages["/"]?.visits).toBe(8);
});

/** A Datastore that answers at once. */
function inMemory(): Transport {
  const entities = createEntities();
  let time = 0;
  return {
    async call(method, request) {
      if ("mutations" in request) {
        time += 1;
        return { mutationResults: entities.apply(request.mutations, time), commitTime: String(time) } as never;
      }
      if ("keys" in request)
        return { found: request.keys.flatMap((key) => entities.read(key, Number(request.readOptions?.readTime ?? time)) ?? []) } as never;
      if (method === "beginTransaction") return { transaction: "reading" } as never;
      throw new TransportError("UNIMPLEMENTED", method);
    },
    close: () => Promise.resolve(),
  };
}
