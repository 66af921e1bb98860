import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createRecorder } from "../../src/domain/recorder.ts";
import { emulatorIdentity } from "../../src/stores/datastore/identity.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";
import { createDatastoreStore } from "../../src/stores/datastore/store.ts";
import { type Transport, TransportError } from "../../src/stores/datastore/transport.ts";
import { emulatorHost } from "../support/emulator.ts";
import { requires } from "../support/skip.ts";
import { batchOf, commit, correctionOf, DAY, newSite, pagesOf, soon, totals, visit, visitorOf } from "./contract/fixture.ts";

const ALL = 4;

/** A store that writes to the last shard that it may use. */
async function open(shards: number, wrap = (transport: Transport) => transport, visitors = false) {
  const origin = `http://${await emulatorHost()}`;
  const transport = wrap(createRestTransport({ origin, databaseId: "", identity: emulatorIdentity("shards"), fetch }));
  return createDatastoreStore({
    transport,
    namespace: "",
    readIn: "readWrite",
    saltTransport: visitors ? transport : null,
    shards,
    now: Date.now,
    random: () => 0.99,
  });
}

requires("emulator")("a site that is counted on several shards", () => {
  test("counts a batch once where reading its totals fails after the commit", async () => {
    const site = newSite();
    let refusals = 0;
    const writer = await open(ALL, ({ call, close }) => ({
      call: async (method, request, timeoutMs) => {
        if (method === "lookup" && refusals > 0) {
          refusals -= 1;
          throw new TransportError("FAILED_PRECONDITION", "refused");
        }
        return call(method, request, timeoutMs);
      },
      close,
    }));
    const recorder = createRecorder({ store: writer, now: Date.now, newId: randomUUID, gather: setImmediate });
    for (let index = 0; index < 2; index += 1) await recorder.record(site, visit("/a"));
    refusals = 1;
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => recorder.record(site, visit("/a"))));
    expect(outcomes.map((outcome) => outcome.status === "counted" && outcome.visits)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    expect(refusals).toBe(0);
    expect(await totals(writer, site, ["/a"])).toEqual({ siteVisits: 10, visits: [10] });
  });

  test.each([1, ALL])("is read completely, also by an instance with SHARDS=%i", async (shards) => {
    const site = newSite();
    const writer = await open(ALL);
    const count = (page: string) => commit(writer, batchOf(site, [visit(page, randomUUID())]), soon());
    // The first visit is on the first shard, which stores how many there are; the others are on the last one.
    expect(await count("/a")).toMatchObject({ siteVisits: 1, visits: { "/a": 1 } });
    expect(await count("/a")).toMatchObject({ siteVisits: 2, visits: { "/a": 2 } });
    expect(await count("/b")).toMatchObject({ siteVisits: 3, visits: { "/b": 1 } });

    const reader = await open(shards);
    expect([await reader.has(site, "/b"), await reader.has(site, "/c")]).toEqual([true, false]);
    expect(await totals(reader, site, ["/a", "/b", "/c"])).toEqual({ siteVisits: 3, visits: [2, 1, 0] });
    expect(await commit(reader, batchOf(site, [visit("/b")]), soon())).toMatchObject({ siteVisits: 4, visits: { "/b": 2 } });
    expect((await pagesOf(reader, site, null, 10, null)).map(({ page, visits }) => [page, visits])).toEqual([
      ["/a", 2],
      ["/b", 2],
    ]);
  });

  test("estimates visitors over all shards, before and after its page is set", async () => {
    const site = newSite();
    const [last, first] = [await open(ALL, undefined, true), await open(1, undefined, true)];
    const by = (name: string) => visit("/a", null, DAY, visitorOf("/a", name));
    const send = (store: typeof last, ...names: string[]) => store.commit(batchOf(site, names.map(by)), soon());
    // The first commit of `last` is on the first shard, and tells how many there are.
    await send(last, "one");
    await send(last, "two", "three");
    await send(first, "three", "four");
    const receipt = await send(last, "one", "four", "five");
    expect(receipt.pages["/a"]).toEqual({ visits: 8, days: { [DAY]: 8 }, visitors: { total: 5, days: { [DAY]: 5 } } });
    const shown = async () => {
      const { site: whole, pages } = await first.totals(site, ["/a"], DAY);
      return [whole, ...pages].map(({ visitors }) => visitors?.days[DAY]);
    };
    expect(await shown()).toEqual([5, 5]);
    expect((await first.pages(site, null, 10, null))[0]?.visitors?.total).toBe(5);
    await first.correct(correctionOf(site, "/a", { visits: 20, visitors: 9 }), soon());
    await send(last, "two", "six");
    await send(first, "three", "six");
    const { pages } = await last.totals(site, ["/a"], DAY);
    expect(pages[0]).toMatchObject({ visits: 24, visitors: { total: 10, days: { [DAY]: 6 } } });
  });

  test("estimates visitors over all shards on an instance that knew of one, or of none", async () => {
    const site = newSite();
    const [last, first] = [await open(ALL, undefined, true), await open(1, undefined, true)];
    const send = async (store: typeof last, page: string, ...names: string[]) => {
      const visits = names.map((name) => visit(page, null, DAY, visitorOf(page, name)));
      const receipt = await store.commit(batchOf(site, visits), soon());
      return receipt.pages[page]?.visitors?.total;
    };
    expect(await send(first, "/a", "one")).toBe(1);
    await send(last, "/b", "one");
    // From here on `last` writes to the last shard, of which `first` learns by its next commit.
    await send(last, "/a", "two", "three");
    await send(first, "/a", "four");
    // As old as this the copy of a sketch with so few registers is read again.
    await sleep(100);
    expect(await send(first, "/a", "five")).toBe(5);
    await send(last, "/a", "six", "seven");
    expect(await send(await open(1, undefined, true), "/a", "eight")).toBe(8);
  });
});
