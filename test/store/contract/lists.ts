import { expect, test } from "vitest";
import type { Rig } from "../contract.ts";
import { ALWAYS, correct, correctionOf, count, daysOf, newSite, pagesOf, soon, topOf } from "./fixture.ts";

const [D1, D2, D3] = ["2026-11-21", "2026-11-22", "2026-11-23"] as const;

/** Lists and series. */
export function lists(rig: () => Rig): void {
  test("the store answers a ping", async () => {
    await rig().store.ping();
  });

  test("a page has a counter once it was counted or set, also to 0, until it is removed", async () => {
    const { store, second } = rig();
    const site = newSite();
    const has = (page: string) => Promise.all([store.has(site, page), second.has(site, page)]);
    expect(await has("/a")).toEqual([false, false]);
    await count(store, site, { "/a": 1, "/b": 1 });
    await correct(store, correctionOf(site, "/b", { visits: 0, dropDays: true }), soon());
    expect(await Promise.all(["/a", "/b", "/a/b", "/c"].map(has))).toEqual([
      [true, true],
      [true, true],
      [false, false],
      [false, false],
    ]);
    await correct(store, correctionOf(site, "/a", null), soon());
    expect(await has("/a")).toEqual([false, false]);
  });

  test("sites are listed by name with their totals", async () => {
    const { store, second } = rig();
    const [one, two] = [newSite(), newSite()].sort();
    if (!one || !two) throw new Error("there are two sites");
    await count(store, two, { "/a": 2 });
    await count(store, one, { "/a": 1, "/b": 3 });
    const mine = (await second.sites()).filter(({ site }) => site === one || site === two);
    expect(mine).toMatchObject([
      { site: one, visits: 4 },
      { site: two, visits: 2 },
    ]);
  });

  test("pages are listed in byte order, from behind a page, up to a limit", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/b": 1, "/a/b": 2, "/": 3, "/B": 4, "/a-b": 5, "/a": 6, "/~": 7, "/_": 8 });
    await count(store, newSite(), { "/a": 9 });
    const names = async (after: string | null, limit: number) => (await pagesOf(store, site, after, limit, null)).map(({ page }) => page);
    expect(await names(null, 100)).toEqual(["/", "/B", "/_", "/a", "/a-b", "/a/b", "/b", "/~"]);
    expect(await names(null, 3)).toEqual(["/", "/B", "/_"]);
    expect(await names("/_", 3)).toEqual(["/a", "/a-b", "/a/b"]);
    expect(await names("/a0", 3)).toEqual(["/b", "/~"]);
    expect(await names("/~", 3)).toEqual([]);
    expect(await pagesOf(store, site, "/_", 1, null)).toEqual([{ page: "/a", visits: 6, days: {} }]);
    expect(await pagesOf(store, newSite(), null, 10, null)).toEqual([]);
  });

  test("pages are named in byte order without their numbers, and some are read by their names", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/b": 1, "/a/b": 2, "/": 3, "/B": 4, "/a": 6 });
    expect(await store.names(site, null, 100)).toEqual(["/", "/B", "/a", "/a/b", "/b"]);
    expect(await store.names(site, "/B", 2)).toEqual(["/a", "/a/b"]);
    expect(await store.names(site, "/b", 2)).toEqual([]);
    const some = await store.some(site, ["/a", "/b"], ALWAYS);
    expect(some.map(({ page, visits, days }) => [page, visits, days])).toEqual([
      ["/a", 6, { [D2]: 6 }],
      ["/b", 1, { [D2]: 1 }],
    ]);
  });

  test("pages have their days of a period, and their totals of all time", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/a": 1, "/b": 2 }, D1);
    await count(store, site, { "/a": 3 }, D2);
    await count(store, site, { "/a": 4 }, D3);
    expect(await pagesOf(store, site, null, 10, { from: D1, to: D2 })).toEqual([
      { page: "/a", visits: 8, days: { [D1]: 1, [D2]: 3 } },
      { page: "/b", visits: 2, days: { [D1]: 2 } },
    ]);
    expect(await pagesOf(store, site, "/a", 10, { from: D2, to: D3 })).toEqual([{ page: "/b", visits: 2, days: {} }]);
  });

  test("the top pages are those with the most visits, ties in byte order", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/few": 1, "/b": 3, "/a": 3, "/most": 5 });
    expect(await topOf(store, site, 3, null)).toEqual([
      { page: "/most", visits: 5, days: {} },
      { page: "/a", visits: 3, days: {} },
      { page: "/b", visits: 3, days: {} },
    ]);
    expect(await topOf(store, newSite(), 3, null)).toEqual([]);
  });

  test("the top pages of a period are those with the most visits in it", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/old": 9, "/b": 1, "/a": 1 }, D1);
    await count(store, site, { "/b": 2, "/a": 2, "/new": 3 }, D3);
    expect(await topOf(store, site, 3, { from: D2, to: D3 })).toEqual([
      { page: "/new", visits: 3, days: { [D3]: 3 } },
      { page: "/a", visits: 3, days: { [D3]: 2 } },
      { page: "/b", visits: 3, days: { [D3]: 2 } },
    ]);
  });

  test("days are those of a page or of the whole site, from the first to the last of the period, without those that have no visits", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/a": 1, "/b": 2 }, D1);
    await count(store, site, { "/a": 3 }, D3);
    expect(await daysOf(store, site, "/a", ALWAYS)).toEqual({ [D1]: 1, [D3]: 3 });
    expect(await daysOf(store, site, null, ALWAYS)).toEqual({ [D1]: 3, [D3]: 3 });
    expect(await daysOf(store, site, null, { from: D1, to: D2 })).toEqual({ [D1]: 3 });
    expect(await daysOf(store, site, "/a", { from: D2, to: D2 })).toEqual({});
    expect(await daysOf(store, site, "/none", ALWAYS)).toEqual({});
    expect(await daysOf(store, newSite(), null, ALWAYS)).toEqual({});
  });
}
