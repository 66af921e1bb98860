import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Rig } from "../contract.ts";
import { ALWAYS, additionOf, batchOf, correctionOf, count, newSite, soon, visit } from "./fixture.ts";

const [D1, D2] = ["2026-11-21", "2026-11-22"] as const;

/** Corrections and additions. */
export function administration(rig: () => Rig): void {
  test("a page's total is set, and its site's with it; counting goes on from there", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/a": 2, "/b": 3 });
    expect(await store.correct(correctionOf(site, "/new", 40), soon())).toEqual({ siteVisits: 45, visits: [40] });
    expect(await store.correct(correctionOf(site, "/a", 10), soon())).toEqual({ siteVisits: 53, visits: [10] });
    expect(await store.correct(correctionOf(site, "/b", 1), soon())).toEqual({ siteVisits: 51, visits: [1] });
    const receipt = await store.commit(batchOf(site, [visit("/new"), visit("/a")]), soon());
    expect(receipt).toEqual({ siteVisits: 53, visits: { "/new": 41, "/a": 11 }, refused: {} });
    expect(await store.totals(site, ["/a", "/b", "/new"])).toEqual({ siteVisits: 53, visits: [11, 1, 41] });
  });

  test("a page's days stay while they fit its total, and are removed from the page and the site where they do not", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/a": 2, "/b": 1 }, D1);
    await count(store, site, { "/a": 3 }, D2);
    for (const fitting of [9, 5]) {
      await store.correct(correctionOf(site, "/a", fitting), soon());
      expect(await store.days(site, "/a", ALWAYS)).toEqual({ [D1]: 2, [D2]: 3 });
      expect(await store.days(site, null, ALWAYS)).toEqual({ [D1]: 3, [D2]: 3 });
    }
    await store.correct(correctionOf(site, "/a", 4), soon());
    expect(await store.days(site, "/a", ALWAYS)).toEqual({});
    expect(await store.days(site, null, ALWAYS)).toEqual({ [D1]: 1 });
    expect(await store.totals(site, ["/a"])).toEqual({ siteVisits: 5, visits: [4] });
  });

  test("a page that is removed loses its days as well, and is counted from 1 again", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/a": 2, "/b": 3 });
    expect(await store.correct(correctionOf(site, "/a", null), soon())).toEqual({ siteVisits: 3, visits: [0] });
    expect(await store.pages(site, null, 10, ALWAYS)).toEqual([{ page: "/b", visits: 3, days: { [D2]: 3 } }]);
    expect(await store.days(site, "/a", ALWAYS)).toEqual({});
    expect(await store.days(site, null, ALWAYS)).toEqual({ [D2]: 3 });
    const receipt = await store.commit(batchOf(site, [visit("/a")]), soon());
    expect(receipt).toEqual({ siteVisits: 4, visits: { "/a": 1 }, refused: {} });
  });

  test("removing a page without a counter changes nothing", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/a": 2 });
    expect(await store.correct(correctionOf(site, "/b", null), soon())).toEqual({ siteVisits: 2, visits: [0] });
    expect((await store.pages(site, null, 10, null)).map(({ page }) => page)).toEqual(["/a"]);
    expect(await store.correct(correctionOf(newSite(), "/a", null), soon())).toEqual({ siteVisits: 0, visits: [0] });
  });

  test.each([
    ["set", 10, 12],
    ["removed", null, 2],
  ])("a total that was %s, sent again after more visits, changes nothing and answers the current totals", async (_, visits, later) => {
    const { store, second } = rig();
    const site = newSite();
    await count(store, site, { "/a": 3, "/b": 1 });
    const correction = correctionOf(site, "/a", visits);
    await store.correct(correction, soon());
    await count(store, site, { "/a": 2 });
    for (const one of [store, second]) {
      expect(await one.correct(correction, soon())).toEqual({ siteVisits: later + 1, visits: [later] });
    }
  });

  test("additions are added to the totals, and their days to page and site", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/a": 1 }, D2);
    const additions = {
      "/a": { visits: 10, days: { [D1]: 2, [D2]: 3 } },
      "/b": { visits: 5, days: { [D2]: 5 } },
      "/c": { visits: 7, days: {} },
    };
    expect(await store.add(additionOf(site, additions), soon())).toBe("added");
    expect(await store.totals(site, ["/a", "/b", "/c"])).toEqual({ siteVisits: 23, visits: [11, 5, 7] });
    expect(await store.days(site, "/a", ALWAYS)).toEqual({ [D1]: 2, [D2]: 4 });
    expect(await store.days(site, null, ALWAYS)).toEqual({ [D1]: 2, [D2]: 9 });
  });

  test("additions that are sent again are duplicates, with another content conflicts, and add nothing", async () => {
    const { store, second } = rig();
    const site = newSite();
    const [id, additions] = [randomUUID(), { "/a": { visits: 2, days: { [D1]: 1 } } }];
    const send = (one: typeof store, digest: string) => one.add(additionOf(site, additions, { id, digest }), soon());
    expect(await send(store, "one")).toBe("added");
    await count(store, site, { "/a": 1 });
    expect(await send(store, "one")).toBe("duplicate");
    expect(await send(second, "one")).toBe("duplicate");
    expect(await send(second, "two")).toBe("conflict");
    expect(await store.totals(site, ["/a"])).toEqual({ siteVisits: 3, visits: [3] });
    const elsewhere = newSite();
    expect(await store.add(additionOf(elsewhere, additions, { id, digest: "two" }), soon())).toBe("added");
  });

  test("additions may have 400 pages with ten days each, or a few with a year of them", { timeout: 60_000 }, async () => {
    const { store } = rig();
    const site = newSite();
    const start = Date.parse("2026-01-01");
    const days = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, day) => [new Date(start + day * 86_400_000).toISOString().slice(0, 10), 1]));
    const pages = (count: number, length: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, page) => [`/${page}`, { visits: 1_000, days: days(length) }]));
    // A retry after a slow first attempt answers "duplicate".
    expect(await store.add(additionOf(site, pages(400, 10)), Date.now() + 30_000)).toMatch(/^(?:added|duplicate)$/);
    expect(await store.add(additionOf(site, pages(10, 365)), Date.now() + 30_000)).toMatch(/^(?:added|duplicate)$/);
    expect(await store.totals(site, ["/0", "/399"])).toEqual({ siteVisits: 410_000, visits: [2_000, 1_000] });
    expect(await store.days(site, null, { from: D1, to: D2 })).toEqual({ [D1]: 10, [D2]: 10 });
  });
}
