import { beforeAll, expect, test } from "vitest";
import type { Store } from "../../src/domain/store.ts";
import { emulatorIdentity } from "../../src/stores/datastore/identity.ts";
import { createKeys } from "../../src/stores/datastore/layout.ts";
import { openDatastore } from "../../src/stores/datastore/open.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";
import type { Transport } from "../../src/stores/datastore/transport.ts";
import { emulatorHost } from "../support/emulator.ts";
import { requires } from "../support/skip.ts";
import { batchOf, correctionOf, newSite, soon, visit, visitorOf, warmUp } from "./contract/fixture.ts";

requires("emulator")("sketches in Datastore", () => {
  let rest: Transport;
  beforeAll(async () => {
    const origin = `http://${await emulatorHost()}`;
    rest = createRestTransport({ origin, databaseId: "", identity: emulatorIdentity("writes"), fetch });
    await warmUp(rest);
  });

  /** Commits visits of these visitors to each page; answers how many entities each call wrote, and whether it looked anything up. */
  function open(visitors: boolean) {
    const calls: { method: string; writes: number }[] = [];
    const transport: Transport = {
      ...rest,
      call(method, request, timeoutMs) {
        calls.push({ method, writes: "mutations" in request ? request.mutations.length : 0 });
        return rest.call(method, request, timeoutMs);
      },
    };
    const store = openDatastore(transport, { namespaceId: "", emulator: "x" }, 1, visitors ? rest : null);
    const send = async (site: string, names: readonly string[], pages: readonly string[]) => {
      calls.length = 0;
      const visits = pages.flatMap((page) => names.map((name) => visit(page, null, undefined, visitorOf(page, name))));
      await store.commit(batchOf(site, visits), soon());
      return calls.map(({ method, writes }) => (method === "commit" ? writes : method));
    };
    return { store, send };
  }

  test("a commit writes those in which a register grows, and none for visitors who were there", async () => {
    const site = newSite();
    const { send } = open(true);
    // Site, page and mark; and what each has of sketches.
    expect(await send(site, ["one", "two"], ["/a"])).toEqual(["lookup", 3 + 2]);
    expect(await send(site, ["two", "one"], ["/a"])).toEqual([3]);
    expect(await send(site, ["one"], ["/a", "/b"])).toEqual(["lookup", 4 + 1]);
    expect(await send(site, ["three", "one"], ["/a", "/b"])).toEqual([4 + 3]);
    expect(await open(false).send(newSite(), ["one", "two"], ["/a"])).toEqual([3]);
  });

  /** How many sketch entities there are of a site and its pages. */
  async function sketches(site: string): Promise<number> {
    const keys = [null, "/a", "/b"].map((page) => createKeys(undefined).sketch(site, page, 0));
    return (await rest.call("lookup", { keys }, 5_000)).found?.length ?? 0;
  }

  test.each([true, false])("go with their page and their site, where visitors are estimated then: %s", async (visitors) => {
    const site = newSite();
    await open(true).send(site, ["one", "two"], ["/a", "/b"]);
    expect(await sketches(site)).toBe(3);
    const store: Store = open(visitors).store;
    await store.correct(correctionOf(site, "/a", { visits: 9 }), soon());
    expect(await sketches(site)).toBe(3);
    await store.correct(correctionOf(site, "/a", null), soon());
    expect(await sketches(site)).toBe(2);
    while (!(await store.removeSome(site, Date.now() + 20_000)));
    expect(await sketches(site)).toBe(0);
  });
});
