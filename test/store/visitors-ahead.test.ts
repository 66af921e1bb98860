import { beforeAll, expect, test } from "vitest";
import { addDays, DAY_MS, dayOf } from "../../src/domain/day.ts";
import { unpackRank } from "../../src/domain/visitors/day-ranks.ts";
import { emulatorIdentity } from "../../src/stores/datastore/identity.ts";
import { createKeys } from "../../src/stores/datastore/layout.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";
import { ranksOf, SKETCH_FIELDS } from "../../src/stores/datastore/sketches.ts";
import { createDatastoreStore } from "../../src/stores/datastore/store.ts";
import type { Transport } from "../../src/stores/datastore/transport.ts";
import { emulatorHost } from "../support/emulator.ts";
import { requires } from "../support/skip.ts";
import { ALWAYS, batchOf, newSite, visit, visitorOf, warmUp } from "./contract/fixture.ts";

const TODAY = "2026-11-22";
const NOW = Date.parse(`${TODAY}T12:00:00Z`);

/** By the clock of any instance. */
const DEADLINE = NOW + 30 * DAY_MS;

requires("emulator")("an instance whose clock was days ahead", () => {
  let transport: Transport;
  beforeAll(async () => {
    const origin = `http://${await emulatorHost()}`;
    transport = createRestTransport({ origin, databaseId: "", identity: emulatorIdentity("ahead"), fetch });
    await warmUp(transport);
  });

  /** An instance whose clock stands at noon, so many days from today. */
  const open = (days = 0) =>
    createDatastoreStore({
      ...{ transport, saltTransport: transport, namespace: "", readIn: "readWrite", shards: 1, random: Math.random },
      now: () => NOW + days * DAY_MS,
    });
  const by = (names: readonly string[], day: string) => names.map((name) => visit("/a", null, day, visitorOf("/a", name)));

  /** The days of which registers are stored, of the page and of its site. */
  async function daysOfRegisters(site: string): Promise<string[]> {
    const keys = createKeys(undefined);
    const { found = [] } = await transport.call("lookup", { keys: [null, "/a"].map((page) => keys.sketch(site, page, 0)) }, 5_000);
    const ranks = found.flatMap(({ entity }) => SKETCH_FIELDS.flatMap((map) => [...ranksOf(entity, map)]));
    return [...new Set(ranks.map(([, value]) => unpackRank(value)?.day ?? ""))].sort();
  }

  test.each([2, 10, 11])("by %d leaves no register behind that hides today's visitors", async (days) => {
    const site = newSite();
    const before = open();
    await before.commit(batchOf(site, by(["one", "two"], TODAY)), DEADLINE);
    const wrong = dayOf(NOW + days * DAY_MS);
    await open(days).commit(batchOf(site, by(["one", "two", "three", "four"], wrong)), DEADLINE);
    expect(await daysOfRegisters(site)).toContain(wrong);

    const { pages, site: whole } = await open().commit(batchOf(site, by(["two", "five"], TODAY)), DEADLINE);
    for (const count of [pages["/a"], whole]) expect(count?.visitors?.days).toEqual({ [TODAY]: expect.any(Number) });
    expect((await daysOfRegisters(site)).every((day) => day <= addDays(TODAY, 1))).toBe(true);
    // The visits of the wrong day stay, its visitors do not.
    const count = await before.days(site, "/a", ALWAYS);
    expect([count.days[wrong], count.visitors?.days[wrong]]).toEqual([4, undefined]);

    // Who knew the counter before goes on with what is there now.
    for (const store of [before, open()]) await store.commit(batchOf(site, by(["one", "two", "five", "six"], TODAY)), DEADLINE);
    expect((await open().days(site, "/a", ALWAYS)).visitors?.days).toEqual({ [TODAY]: 4 });
    expect((await open().days(site, null, ALWAYS)).visitors?.days).toEqual({ [TODAY]: 4 });
  });

  test("by one is right somewhere on Earth: what it has sent is kept", async () => {
    const site = newSite();
    const tomorrow = addDays(TODAY, 1);
    await open(1).commit(batchOf(site, by(["one", "two"], tomorrow)), DEADLINE);
    await open().commit(batchOf(site, by(["one"], TODAY)), DEADLINE);
    expect((await open().days(site, "/a", ALWAYS)).visitors?.days).toEqual({ [TODAY]: 1, [tomorrow]: 2 });
    expect(await daysOfRegisters(site)).toEqual([TODAY, tomorrow]);
  });
});
