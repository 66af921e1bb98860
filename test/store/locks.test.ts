import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { emulatorIdentity } from "../../src/stores/datastore/identity.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";
import { createDatastoreStore } from "../../src/stores/datastore/store.ts";
import { type Mutation, type Transport, TransportError } from "../../src/stores/datastore/transport.ts";
import { emulatorHost } from "../support/emulator.ts";
import { requires } from "../support/skip.ts";
import { commit, correctionOf, DAY, newSite, visit as visitTo } from "./contract/fixture.ts";

const HOUR_MS = 3_600_000;
/** Less than the time for which an abandoned lock is held. */
const SOON_MS = 5_000;

/** A store whose clock is `late()` milliseconds ahead; a call without time left fails as one that timed out. */
async function openStore(late: () => number, onCall: (method: string, request: object) => void = () => {}) {
  const origin = `http://${await emulatorHost()}`;
  const rest = createRestTransport({ origin, databaseId: "", identity: emulatorIdentity("locks"), fetch });
  const transport: Transport = {
    ...rest,
    async call(method, request, timeoutMs) {
      if (timeoutMs <= 1) throw new TransportError("DEADLINE_EXCEEDED", `${method}: no time left`);
      const answer = await rest.call(method, request, timeoutMs);
      onCall(method, request);
      return answer;
    },
  };
  return createDatastoreStore({
    transport,
    namespace: "",
    readIn: "readWrite",
    saltTransport: null,
    shards: 1,
    now: () => Date.now() + late(),
    random: Math.random,
  });
}

requires("emulator")("an operation that times out while it holds locks", () => {
  const visit = (site: string) => ({
    id: randomUUID(),
    site,
    visits: [visitTo("/")],
    expireAt: Date.now() + HOUR_MS,
  });

  test.each(["a correction", "a read"])("%s releases them, so visits of its site are counted", async (what) => {
    const site = newSite();
    const plain = await openStore(() => 0);
    await plain.commit(visit(site), Date.now() + SOON_MS);
    let late = 0;
    const slow = await openStore(
      () => late,
      (method) => {
        if (method === "lookup") late = HOUR_MS;
      },
    );
    if (what === "a read") await slow.totals(site, ["/"], DAY).catch(() => {});
    else {
      await expect(slow.correct(correctionOf(site, "/", 7), Date.now() + SOON_MS)).rejects.toThrow("in time");
    }
    expect(late).toBe(HOUR_MS);
    expect(await commit(plain, visit(site), Date.now() + SOON_MS)).toMatchObject({ siteVisits: 2, visits: { "/": 2 } });
  });

  test("checking whether a page has a counter is one lookup, outside of a transaction", async () => {
    const calls: string[] = [];
    const store = await openStore(
      () => 0,
      (method) => calls.push(method),
    );
    const site = newSite();
    await commit(store, visit(site), Date.now() + SOON_MS);
    calls.length = 0;
    expect([await store.has(site, "/"), await store.has(site, "/other")]).toEqual([true, false]);
    expect(calls).toEqual(["lookup", "lookup"]);
  });
});

requires("emulator")("a batch", () => {
  test("has its mutations in key order, whatever the order of its visits", async () => {
    const commits: (readonly Mutation[])[] = [];
    const store = await openStore(
      () => 0,
      (_, request) => {
        if ("mutations" in request) commits.push(request.mutations as readonly Mutation[]);
      },
    );
    const visits = Array.from({ length: 40 }, (_, index) => visitTo(index % 2 === 0 ? "/b" : "/a", randomUUID()));
    const batch = { id: randomUUID(), site: newSite(), visits, expireAt: Date.now() + HOUR_MS };
    expect(await commit(store, batch, Date.now() + SOON_MS)).toMatchObject({ siteVisits: 40, visits: { "/a": 20, "/b": 20 } });
    const [asked = [], ...others] = commits.map((mutations) =>
      mutations.map(({ insert, upsert }) => (insert ?? upsert)?.key.path.map(({ kind, name }) => `${kind}:${name}`).join("\n")),
    );
    expect(others).toEqual([]);
    expect(asked).toHaveLength(43);
    expect(asked).toEqual(asked.toSorted());
  });
});
