import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSqliteStore } from "../../src/platform/node/sqlite.ts";
import { emulatorIdentity } from "../../src/stores/datastore/identity.ts";
import { openDatastore } from "../../src/stores/datastore/open.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";
import type { Transport } from "../../src/stores/datastore/transport.ts";
import { emulatorHost } from "../support/emulator.ts";
import { requires } from "../support/skip.ts";
import { additionOf, batchOf, correctionOf, DAY, newSite, soon, visit, warmUp } from "./contract/fixture.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-off-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Opened = Pick<ReturnType<typeof openSqliteStore>, "commit" | "add" | "correct">;

/** Writes of every kind, whose visits have visitors. */
async function write(store: Opened, site: string): Promise<void> {
  await store.commit(batchOf(site, [visit("/a", "some-id-1"), visit("/a"), visit("/b")]), soon());
  await store.add(additionOf(site, { "/a": { visits: 5, days: { [DAY]: 2 }, visitors: 4, visitorDays: { [DAY]: 2 } } }), soon());
  await store.correct(correctionOf(site, "/b", 9), soon());
  await store.correct(correctionOf(site, "/a", { visits: 3, dropDays: true }), soon());
}

test("without visitors the file has the tables of counters and ids alone, and no row says more", async () => {
  const path = join(folder, "off.sqlite");
  const store = openSqliteStore(path);
  const site = newSite();
  await write(store, site);
  await store.close();
  const database = new DatabaseSync(path);
  const tables = database.prepare("select name from sqlite_master where type = 'table' order by name").all();
  expect(tables.map(({ name }) => name)).toEqual(["counter", "day", "mark", "unattributed"]);
  expect(database.prepare("select * from counter order by page").all()).toEqual([
    { site, page: "", visits: 12 },
    { site, page: "/a", visits: 3 },
    { site, page: "/b", visits: 9 },
  ]);
  const receipt = JSON.parse(String(database.prepare("select value from mark where kind = 'batch'").get()?.value));
  expect(receipt.site).toEqual({ visits: 3, days: { [DAY]: 3 }, visitors: null });
  database.close();
});

test("visitors that are turned off and on again are kept, but for what was removed meanwhile", async () => {
  const path = join(folder, "toggled.sqlite");
  const site = newSite();
  const open = (visitors: boolean) => openSqliteStore(path, Date.now, { visitors });
  const on = open(true);
  await on.commit(batchOf(site, [visit("/a"), visit("/b")]), soon());
  await on.close();
  const off = open(false);
  expect((await off.totals(site, ["/a"], DAY)).pages).toEqual([{ visits: 1, days: { [DAY]: 1 }, visitors: null }]);
  await off.commit(batchOf(site, [visit("/a"), visit("/b")]), soon());
  await off.correct(correctionOf(site, "/b", null), soon());
  await off.close();
  const again = open(true);
  const { pages } = await again.totals(site, ["/a", "/b"], DAY);
  expect(pages.map(({ visits, visitors }) => [visits, visitors?.total])).toEqual([
    [2, 1],
    [0, 0],
  ]);
  await again.close();
});

requires("emulator")("Datastore without visitors", () => {
  test("is sent what it was sent before there were any, and looks nothing up to count", async () => {
    const origin = `http://${await emulatorHost()}`;
    const rest = createRestTransport({ origin, databaseId: "", identity: emulatorIdentity("off"), fetch });
    await warmUp(rest);
    const sent: string[] = [];
    const transport: Transport = {
      ...rest,
      call: (method, request, timeoutMs) => {
        sent.push(`${method} ${JSON.stringify(request)}`);
        return rest.call(method, request, timeoutMs);
      },
    };
    const store = openDatastore(transport, { namespaceId: "", emulator: "x" }, 1);
    const site = newSite();
    await store.commit(batchOf(site, [visit("/a", randomUUID())]), Date.now() + 20_000);
    expect(sent.map((call) => call.split(" ", 1)[0])).toEqual(["commit"]);
    await write(store, site);
    await store.totals(site, ["/a"], DAY);
    await store.pages(site, null, 10, null);
    expect(sent.filter((call) => /visitor|even|odd|epoch/.test(call))).toEqual([]);
    const path = (page: string) => [{ kind: "analytics", name: site }, ...(page ? [{ kind: "analytics", name: page }] : [])];
    const { found = [] } = await rest.call("lookup", { keys: ["", "/a", "/b"].map((page) => ({ path: path(page) })) }, 5_000);
    const names = found.map(({ entity }) => Object.keys(entity.properties ?? {}).sort());
    expect(names.sort((a, b) => a.length - b.length)).toEqual([
      ["count", "days"],
      ["count", "days"],
      ["count", "days", "shards", "site"],
    ]);
  });
});
