import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dayPath, daysOf as daysOfEntity, daysValue } from "../../src/stores/datastore/days.ts";
import { emulatorIdentity } from "../../src/stores/datastore/identity.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";
import { createDatastoreStore } from "../../src/stores/datastore/store.ts";
import type { Mutation, Requests, Transport, Value } from "../../src/stores/datastore/transport.ts";
import { emulatorHost } from "../support/emulator.ts";
import { requires } from "../support/skip.ts";
import { ALWAYS, additionOf, batchOf, commit, correct, correctionOf, daysOf, newSite, pagesOf, topOf, visit } from "./contract/fixture.ts";

/** A path that needs no quotes in any grammar of Google's: names of letters, digits and underscores, joined by dots. */
const UNQUOTED = /^[a-zA-Z_][a-zA-Z_0-9]*(?:\.[a-zA-Z_][a-zA-Z_0-9]*)*$/;

/** A deadline that an emulator meets which has just started on a busy machine. */
const patient = () => Date.now() + 30_000;

const day = fc
  .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

test("a day's property path needs no quotes, and its value is read back as that day", () => {
  expect(dayPath("2026-11-22")).toBe("days.d20261122");
  fc.assert(
    fc.property(fc.dictionary(day, fc.integer({ min: 1, max: 9 }), { maxKeys: 8 }), (days) => {
      for (const one of Object.keys(days)) expect(dayPath(one)).toMatch(UNQUOTED);
      const entity = { key: { path: [] }, properties: { days: daysValue(days) } };
      expect(daysOfEntity(entity, null)).toEqual(days);
      expect(daysOfEntity(entity, { from: "2000-01-01", to: "2026-11-22" })).toEqual(
        Object.fromEntries(Object.entries(days).filter(([one]) => one >= "2000-01-01" && one <= "2026-11-22")),
      );
    }),
  );
});

/** Every property path in a request, and every property name in what it writes. */
function namesIn(request: Requests[keyof Requests]): string[] {
  const { propertyMask, mutations = [] } = request as { propertyMask?: { paths: readonly string[] }; mutations?: readonly Mutation[] };
  const ofValue = ([name, value]: [string, Value]): string[] => [
    name,
    ...Object.entries(value.entityValue?.properties ?? {}).flatMap(ofValue),
  ];
  return [
    ...(propertyMask?.paths ?? []),
    ...mutations.flatMap(({ insert, upsert, propertyMask: mask, propertyTransforms = [] }) => [
      ...Object.entries((insert ?? upsert)?.properties ?? {}).flatMap(ofValue),
      ...(mask?.paths ?? []),
      ...propertyTransforms.map(({ property }) => property),
    ]),
  ];
}

requires("emulator")("Datastore", () => {
  test("is sent no property name that needs quotes, whatever is counted, added, corrected and read", async () => {
    const names = new Set<string>();
    const rest = createRestTransport({
      origin: `http://${await emulatorHost()}`,
      databaseId: "",
      identity: emulatorIdentity("day-names"),
      fetch,
    });
    const transport: Transport = {
      ...rest,
      call(method, request, timeoutMs) {
        for (const name of namesIn(request)) names.add(name);
        return rest.call(method, request, timeoutMs);
      },
    };
    const store = createDatastoreStore({
      transport,
      namespace: "",
      readIn: "readWrite",
      saltTransport: null,
      shards: 2,
      now: Date.now,
      random: () => 0.99,
    });
    const site = newSite();
    const [first, second] = ["2026-11-22", "2026-11-23"] as const;
    await commit(store, batchOf(site, [visit("/a", randomUUID(), first), visit("/a", null, second)]), patient());
    await commit(store, batchOf(site, [visit("/a", null, second)]), patient());
    await store.add(additionOf(site, { "/a": { visits: 3, days: { [first]: 2 } } }), patient());
    await correct(store, correctionOf(site, "/a", 7), patient());
    expect(await daysOf(store, site, "/a", ALWAYS)).toEqual({ [first]: 3, [second]: 2 });
    expect(await pagesOf(store, site, null, 10, ALWAYS)).toEqual([{ page: "/a", visits: 7, days: { [first]: 3, [second]: 2 } }]);
    expect(await topOf(store, site, 10, { from: second, to: second })).toEqual([{ page: "/a", visits: 7, days: { [second]: 2 } }]);
    // Both forms were sent: the path of a transform, and the property of an entity that is replaced.
    expect([...names]).toEqual(expect.arrayContaining(["days.d20261122", "d20261122", "days.d20261123", "d20261123"]));
    expect([...names].filter((name) => !UNQUOTED.test(name))).toEqual([]);
  });
});
