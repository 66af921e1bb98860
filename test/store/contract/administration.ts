import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Rig } from "../contract.ts";
import {
  ALWAYS,
  additionOf,
  addTo,
  batchOf,
  commit,
  correct,
  correctionOf,
  count,
  daysOf,
  newSite,
  pagesOf,
  soon,
  totals,
  visit,
} from "./fixture.ts";

const [D1, D2] = ["2026-11-21", "2026-11-22"] as const;

/** Corrections and additions. */
export function administration(rig: () => Rig): void {
  test("a page's total is set, and its site's with it; counting goes on from there", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/a": 2, "/b": 3 });
    expect(await correct(store, correctionOf(site, "/new", 40), soon())).toEqual({ siteVisits: 45, visits: [40] });
    expect(await correct(store, correctionOf(site, "/a", 10), soon())).toEqual({ siteVisits: 53, visits: [10] });
    expect(await correct(store, correctionOf(site, "/b", { visits: 1, dropDays: true }), soon())).toEqual({ siteVisits: 51, visits: [1] });
    const receipt = await commit(store, batchOf(site, [visit("/new"), visit("/a")]), soon());
    expect(receipt).toEqual({ siteVisits: 53, visits: { "/new": 41, "/a": 11 }, refused: {} });
    expect(await totals(store, site, ["/a", "/b", "/new"])).toEqual({ siteVisits: 53, visits: [11, 1, 41] });
  });

  test("a page's days stay, and its total is at least their sum, unless they are dropped, from the site too", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/a": 2, "/b": 1 }, D1);
    await count(store, site, { "/a": 3 }, D2);
    for (const fitting of [9, 5]) {
      await correct(store, correctionOf(site, "/a", fitting), soon());
      expect(await daysOf(store, site, "/a", ALWAYS)).toEqual({ [D1]: 2, [D2]: 3 });
      expect(await daysOf(store, site, null, ALWAYS)).toEqual({ [D1]: 3, [D2]: 3 });
    }
    const misfit = { misfit: "visits", value: 4, least: 5, most: null };
    expect(await store.correct(correctionOf(site, "/a", 4), soon())).toEqual(misfit);
    expect(await totals(store, site, ["/a"])).toEqual({ siteVisits: 6, visits: [5] });
    await correct(store, correctionOf(site, "/a", { visits: 4, dropDays: true }), soon());
    expect(await daysOf(store, site, "/a", ALWAYS)).toEqual({});
    expect(await daysOf(store, site, null, ALWAYS)).toEqual({ [D1]: 1 });
    expect(await totals(store, site, ["/a"])).toEqual({ siteVisits: 5, visits: [4] });
    await count(store, site, { "/a": 1 }, D1);
    await correct(store, correctionOf(site, "/a", { visits: 99, dropDays: true }), soon());
    expect(await daysOf(store, site, null, ALWAYS)).toEqual({ [D1]: 1 });
  });

  test("a site's total is set beside its pages', at least to their sum: the difference is unattributed", async () => {
    const { store, second } = rig();
    const site = newSite();
    const unattributed = async (one = store) => (await one.totals(site, [], D1)).unattributed;
    await correct(store, correctionOf(site, null, 7), soon());
    expect([await totals(store, site, []), await unattributed()]).toEqual([{ siteVisits: 7, visits: [] }, 7]);
    await count(store, site, { "/a": 2, "/b": 3 }, D1);
    expect(await commit(second, batchOf(site, [visit("/a")]))).toMatchObject({ siteVisits: 13, visits: { "/a": 3 } });
    const correction = correctionOf(site, null, 100);
    expect(await correct(store, correction, soon())).toEqual({ siteVisits: 100, visits: [] });
    expect(await unattributed()).toBe(94);
    await count(store, site, { "/c": 1 });
    // Sent again it undoes nothing.
    expect(await correct(second, correction, soon())).toEqual({ siteVisits: 101, visits: [] });
    expect(await store.correct(correctionOf(site, null, 6), soon())).toEqual({ misfit: "visits", value: 6, least: 7, most: null });
    await correct(store, correctionOf(site, null, 7), soon());
    expect([await totals(second, site, []), await unattributed(second)]).toEqual([{ siteVisits: 7, visits: [] }, 0]);
    expect((await store.sites()).filter((one) => one.site === site)).toMatchObject([{ visits: 7, unattributed: 0 }]);
    await correct(store, correctionOf(site, null, 9), soon());
    await correct(store, correctionOf(site, "/a", null), soon());
    expect((await second.sites()).filter((one) => one.site === site)).toMatchObject([{ visits: 6, unattributed: 2 }]);
    // No page has them, and no day.
    expect(await daysOf(store, site, null, ALWAYS)).toEqual({ [D1]: 3, [D2]: 1 });
  });

  test("a site is removed with all its pages, a part at a time, and begins anew", { timeout: 120_000 }, async () => {
    const { store, second } = rig();
    const [site, other] = [newSite(), newSite()];
    const remove = async (): Promise<number> => {
      let calls = 1;
      while (!(await store.removeSome(site, Date.now() + 20_000))) calls += 1;
      return calls;
    };
    expect(await remove()).toBe(1);
    const pages = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`/${index}`, 1]));
    await count(store, site, pages, D1);
    await count(store, other, { "/0": 1 }, D1);
    await count(store, site, { "/0": 2 }, D2);
    await correct(store, correctionOf(site, null, 200), soon());
    // The invariant holds in between.
    expect(await second.removeSome(site, Date.now() + 20_000)).toBe(false);
    const { siteVisits } = await totals(store, site, []);
    const left = await pagesOf(store, site, null, 200, ALWAYS);
    expect(left.reduce((sum, { visits }) => sum + visits, 0) + (await store.totals(site, [], D1)).unattributed).toBe(siteVisits);
    expect(await daysOf(store, site, null, { from: D1, to: D1 })).toEqual({ [D1]: left.length });
    expect(await remove()).toBeGreaterThan(0);
    expect(await store.totals(site, ["/0"], D1)).toMatchObject({ site: { visits: 0, days: {} }, unattributed: 0, pages: [{ visits: 0 }] });
    expect(await store.pages(site, null, 10, null)).toEqual([]);
    expect((await second.sites()).filter((one) => one.site === site || one.site === other)).toMatchObject([{ site: other, visits: 1 }]);
    expect(await commit(store, batchOf(site, [visit("/0")]))).toEqual({ siteVisits: 1, visits: { "/0": 1 }, refused: {} });
    expect(await daysOf(store, site, null, ALWAYS)).toEqual({ [D2]: 1 });
  });

  test("a page that is removed loses its days as well, and is counted from 1 again", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/a": 2, "/b": 3 });
    expect(await correct(store, correctionOf(site, "/a", null), soon())).toEqual({ siteVisits: 3, visits: [0] });
    expect(await pagesOf(store, site, null, 10, ALWAYS)).toEqual([{ page: "/b", visits: 3, days: { [D2]: 3 } }]);
    expect(await daysOf(store, site, "/a", ALWAYS)).toEqual({});
    expect(await daysOf(store, site, null, ALWAYS)).toEqual({ [D2]: 3 });
    const receipt = await commit(store, batchOf(site, [visit("/a")]), soon());
    expect(receipt).toEqual({ siteVisits: 4, visits: { "/a": 1 }, refused: {} });
  });

  test("removing a page without a counter changes nothing", async () => {
    const { store } = rig();
    const site = newSite();
    await count(store, site, { "/a": 2 });
    expect(await correct(store, correctionOf(site, "/b", null), soon())).toEqual({ siteVisits: 2, visits: [0] });
    expect((await pagesOf(store, site, null, 10, null)).map(({ page }) => page)).toEqual(["/a"]);
    expect(await correct(store, correctionOf(newSite(), "/a", null), soon())).toEqual({ siteVisits: 0, visits: [0] });
  });

  test.each([
    ["set", 10, 12],
    ["removed", null, 2],
  ])("a total that was %s, sent again after more visits, changes nothing and answers the current totals", async (_, visits, later) => {
    const { store, second } = rig();
    const site = newSite();
    await count(store, site, { "/a": 3, "/b": 1 });
    const correction = correctionOf(site, "/a", visits);
    await correct(store, correction, soon());
    await count(store, site, { "/a": 2 });
    for (const one of [store, second]) {
      expect(await correct(one, correction, soon())).toEqual({ siteVisits: later + 1, visits: [later] });
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
    expect(await totals(store, site, ["/a", "/b", "/c"])).toEqual({ siteVisits: 23, visits: [11, 5, 7] });
    expect(await daysOf(store, site, "/a", ALWAYS)).toEqual({ [D1]: 2, [D2]: 4 });
    expect(await daysOf(store, site, null, ALWAYS)).toEqual({ [D1]: 2, [D2]: 9 });
  });

  test("visits that no page has are added to the site alone", async () => {
    const { store } = rig();
    const site = newSite();
    const batch = additionOf(site, { "/a": { visits: 2, days: { [D1]: 1 } } });
    const own = addTo(null, { visits: 5 });
    expect(await store.add({ ...batch, additions: [...batch.additions, own] }, soon())).toBe("added");
    expect(await store.totals(site, ["/a"], D1)).toMatchObject({
      site: { visits: 7, days: { [D1]: 1 } },
      unattributed: 5,
      pages: [{ visits: 2 }],
    });
    expect(await pagesOf(store, site, null, 10, null)).toEqual([{ page: "/a", visits: 2, days: {} }]);
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
    expect(await totals(store, site, ["/a"])).toEqual({ siteVisits: 3, visits: [3] });
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
    expect(await totals(store, site, ["/0", "/399"])).toEqual({ siteVisits: 410_000, visits: [2_000, 1_000] });
    expect(await daysOf(store, site, null, { from: D1, to: D2 })).toEqual({ [D1]: 10, [D2]: 10 });
  });
}
