import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StoreError } from "../../src/domain/store.ts";
import { openSqliteStore } from "../../src/platform/node/sqlite.ts";
import { additionOf, batchOf, commit, correct, correctionOf, newSite, soon, totals, visit } from "./contract/fixture.ts";
import { describeStore } from "./contract.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-sqlite-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

for (const visitors of [false, true]) {
  describeStore({
    name: `node:sqlite ${visitors ? "with" : "without"} visitors`,
    visitors,
    open: async () => {
      const path = join(folder, `contract-${visitors}`, "visits.sqlite");
      const open = () => openSqliteStore(path, Date.now, { visitors });
      const store = open();
      return { store, again: async () => open(), close: () => store.close() };
    },
  });
}

describe("the embedded store's file", () => {
  test("survives close and reopen, with totals, ids and receipts", async () => {
    const path = join(folder, "restart.sqlite");
    const site = newSite();
    const batch = batchOf(site, [visit("/a", "some-id-1"), visit("/a")]);
    const first = openSqliteStore(path);
    const receipt = await commit(first, batch, soon());
    await first.close();
    const second = openSqliteStore(path);
    expect(await commit(second, batch, soon())).toEqual(receipt);
    const again = await commit(second, batchOf(site, [visit("/a", "some-id-1"), visit("/a")]), soon());
    expect(again).toEqual({ siteVisits: 3, visits: { "/a": 3 }, refused: { 0: "/a" } });
    await second.close();
  });

  test("keeps what was acknowledged when the process is killed", async () => {
    const path = join(folder, "killed.sqlite");
    const died = inProcess(path, `await count(store, "site", { "/a": 3 }); process.kill(process.pid, "SIGKILL")`);
    await expect(died).rejects.toMatchObject({ signal: "SIGKILL" });
    const store = openSqliteStore(path);
    expect(await totals(store, "site", ["/a"])).toEqual({ siteVisits: 3, visits: [3] });
    await store.close();
  }, 30_000);

  test("may be written by two processes at once", async () => {
    const path = join(folder, "shared.sqlite");
    const counting = `for (let n = 0; n < 200; n += 1) await count(store, "site", { "/a": 2, "/b": 1 })`;
    await Promise.all([inProcess(path, counting), inProcess(path, counting)]);
    const store = openSqliteStore(path);
    expect(await totals(store, "site", ["/a", "/b"])).toEqual({ siteVisits: 1_200, visits: [800, 400] });
    await store.close();
  }, 60_000);

  test.each([
    ["is a folder", async () => folder],
    ["is below a file", async (file: string) => join(file, "visits.sqlite")],
    ["is no database", async (file: string) => file],
  ])("that %s fails with one line that names the setting", async (_, pathOf) => {
    const file = join(folder, "text");
    await writeFile(file, "not a database, and long enough to be none".repeat(40));
    const path = await pathOf(file);
    expect(() => openSqliteStore(path)).toThrow(/^SQLITE_PATH is ".+" \(.+\); allowed is .+ this process may write to\.$/);
    expect(() => openSqliteStore(path)).toThrow(path);
  });

  test("that another process has locked fails a visit with a retryable error", async () => {
    const path = join(folder, "locked.sqlite");
    const store = openSqliteStore(path);
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    const refused = commit(store, batchOf("site", [visit("/a")]), soon());
    await expect(refused).rejects.toEqual(new StoreError("the database cannot be used at the moment", { retryable: true }));
    await expect(refused).rejects.toMatchObject({ retryable: true });
    other.close();
    expect((await commit(store, batchOf("site", [visit("/a")]), soon())).siteVisits).toBe(1);
    await store.close();
  }, 30_000);

  test("that holds numbers beyond 2^53 can be read, and repaired", async () => {
    const path = join(folder, "huge.sqlite");
    const store = openSqliteStore(path);
    await commit(store, batchOf("site", [visit("/a"), visit("/b")]), soon());
    const other = new DatabaseSync(path);
    other.exec("update counter set visits = visits + 9007199254740993 where page in ('', '/a')");
    other.close();
    expect((await totals(store, "site", ["/a", "/b"])).visits[1]).toBe(1);
    expect((await store.sites()).map(({ site }) => site)).toEqual(["site"]);
    expect(await correct(store, correctionOf("site", "/a", { visits: 5, dropDays: true }), soon())).toMatchObject({ visits: [5] });
    await correct(store, correctionOf("site", "/a", null), soon());
    // Rounded: a few visits more or less.
    expect(Math.abs((await totals(store, "site", ["/b"])).siteVisits - 1)).toBeLessThan(4);
    await store.close();
  });

  test("deletes expired ids faster than it stores new ones", async () => {
    const path = join(folder, "expiry.sqlite");
    let time = 0;
    const store = openSqliteStore(path, () => time);
    const send = (n: number, prefix: string) =>
      commit(
        store,
        {
          ...batchOf(
            "site",
            Array.from({ length: n }, (_, index) => visit("/a", `${prefix}-${index}`)),
          ),
          expireAt: time + 1_000,
        },
        soon(),
      );
    for (let batch = 0; batch < 3; batch += 1) await send(400, `early-${batch}`);
    const reader = new DatabaseSync(path, { readOnly: true });
    const marks = () => reader.prepare("select count(*) as n from mark").get()?.n;
    expect(marks()).toBe(1_203);
    time = 999;
    await send(1, "young");
    expect(marks()).toBe(1_205);
    time = 1_000;
    await send(400, "late");
    expect(marks()).toBe(1_205 + 401 - 501);
    reader.close();
    await store.close();
  });

  test("refuses an invalid call for good, and stores nothing of it", async () => {
    const store = openSqliteStore(join(folder, "refused.sqlite"));
    await commit(store, batchOf("site", [visit("/a")]), soon());
    const broken = store.add(additionOf("site", { "/a": { visits: 1, days: {} }, "/b": { visits: 0.5, days: {} } }), soon());
    await expect(broken).rejects.toMatchObject({ name: "StoreError", retryable: false, message: "the database refused the call" });
    expect(await totals(store, "site", ["/a"])).toEqual({ siteVisits: 1, visits: [1] });
    await store.close();
  });
});

/** Runs a script with an open `store` in a process of its own. */
async function inProcess(path: string, script: string): Promise<void> {
  const [binding, fixture] = ["../../src/platform/node/sqlite.ts", "./contract/fixture.ts"].map(
    (file) => new URL(file, import.meta.url).href,
  );
  const source = `
    import { openSqliteStore } from ${JSON.stringify(binding)};
    import { count } from ${JSON.stringify(fixture)};
    const store = openSqliteStore(${JSON.stringify(path)});
    ${script};
    await store.close();`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "-e", source], { timeout: 25_000 });
}
