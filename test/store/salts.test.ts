import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addDays } from "../../src/domain/day.ts";
import type { SaltStore } from "../../src/domain/visitors/salts.ts";
import { openSqliteStore } from "../../src/platform/node/sqlite.ts";
import { emulatorIdentity } from "../../src/stores/datastore/identity.ts";
import { openDatastore } from "../../src/stores/datastore/open.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";
import type { Transport } from "../../src/stores/datastore/transport.ts";
import { emulatorHost } from "../support/emulator.ts";
import { requires } from "../support/skip.ts";
import { batchOf, newSite, soon, visit, warmUp } from "./contract/fixture.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-salts-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A day that no other test uses. */
let days = 0;
const newDay = () => {
  days += 1;
  return addDays("2030-01-01", 20 * days);
};

function salts(open: () => Promise<SaltStore>): void {
  test("all instances get one salt a day, also when they ask at once, and it is kept", async () => {
    const day = newDay();
    const [one, other] = [await open(), await open()];
    const first = await Promise.all([one, other, one].map((store) => store.salt("a.example", day)));
    expect(new Set(first.map((salt) => Buffer.from(salt).toString("hex"))).size).toBe(1);
    expect(first[0]).toHaveLength(32);
    expect(await (await open()).salt("a.example", day)).toEqual(first[0]);
    expect(await one.salt("a.example", addDays(day, 1))).not.toEqual(first[0]);
  });

  test("a salt is there through the next day, and gone once the day after that has begun", async () => {
    const day = newDay();
    const store = await open();
    const salt = await store.salt("a.example", day);
    await store.salt("a.example", addDays(day, 1));
    expect(await (await open()).salt("a.example", day)).toEqual(salt);
    await (await open()).salt("a.example", addDays(day, 2));
    expect(await (await open()).salt("a.example", day)).not.toEqual(salt);
  });

  test("without visits it is gone as well, when somebody looks", async () => {
    const day = newDay();
    const salt = await (await open()).salt("a.example", day);
    await (await open()).forget("a.example", addDays(day, 1));
    expect(await (await open()).salt("a.example", day)).toEqual(salt);
    await (await open()).forget("a.example", addDays(day, 2));
    expect(await (await open()).salt("a.example", day)).not.toEqual(salt);
  });
}

describe("salts in node:sqlite", () => {
  salts(async () => openSqliteStore(join(folder, "salts.sqlite"), Date.now, { visitors: true }));

  test("48 hours after a day's end no file has a byte of its salt: neither free pages nor the log", async () => {
    const path = join(folder, "gone.sqlite");
    const store = openSqliteStore(path, Date.now, { visitors: true });
    const site = newSite();
    const salt = await store.salt(site, "2026-11-22");
    for (let index = 0; index < 50; index += 1) await store.commit(batchOf(site, [visit("/a")]), soon());
    const files = async () => {
      const names = (await readdir(folder)).filter((name) => name.startsWith("gone.sqlite"));
      return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
    };
    // A test that could not find it would prove nothing.
    expect((await files()).includes(Buffer.from(salt))).toBe(true);
    await store.salt(site, "2026-11-24");
    expect((await files()).includes(Buffer.from(salt))).toBe(false);
    for (let start = 0; start + 8 <= 32; start += 4)
      expect((await files()).includes(Buffer.from(salt.subarray(start, start + 8)))).toBe(false);
    await store.close();
  });
});

requires("emulator")("salts in Datastore", () => {
  const PROJECT = "salts";
  beforeAll(async () => warmUp(await rest()));

  async function rest(): Promise<Transport> {
    const origin = `http://${await emulatorHost()}`;
    return createRestTransport({ origin, databaseId: "", identity: emulatorIdentity(PROJECT), fetch });
  }
  salts(async () => openDatastore(await rest(), { namespaceId: "", emulator: "x" }, 1, await rest()));

  test("an instance asks for a day's salt once", async () => {
    const inner = await rest();
    let calls = 0;
    const counted: Transport = {
      ...inner,
      call: (...args) => {
        calls += 1;
        return inner.call(...args);
      },
    };
    const store = openDatastore(await rest(), { namespaceId: "", emulator: "x" }, 1, counted);
    const day = newDay();
    const salt = await store.salt("a.example", day);
    const asked = calls;
    expect(asked).toBe(2);
    expect(await store.salt("b.example", day)).toEqual(salt);
    expect(calls).toBe(asked);
  });

  test("a salt bears when the TTL policy deletes it, and is in no index", async () => {
    const transport = await rest();
    const store = openDatastore(await rest(), { namespaceId: "", emulator: "x" }, 1, transport);
    const day = newDay();
    await store.salt("a.example", day);
    const { found = [] } = await transport.call("lookup", { keys: [{ path: [{ kind: "salt", name: day }] }] }, 5_000);
    expect(found[0]?.entity.properties).toEqual({
      salt: { stringValue: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/), excludeFromIndexes: true },
      expireAt: { timestampValue: `${addDays(day, 3)}T00:00:00Z`, excludeFromIndexes: true },
    });
  });
});
