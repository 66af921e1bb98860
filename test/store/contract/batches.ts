import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Rig } from "../contract.ts";
import { ALWAYS, batchOf, commit, count, daysOf, newSite, pagesOf, soon, totals, visit } from "./fixture.ts";

/** One batch, sent once and sent again. */
export function batches(rig: () => Rig): void {
  test("a batch answers the totals right after it, of all pages in it", async () => {
    const { store } = rig();
    const site = newSite();
    const first = await commit(store, batchOf(site, [visit("/a"), visit("/b"), visit("/a")]), soon());
    expect(first).toEqual({ siteVisits: 3, visits: { "/a": 2, "/b": 1 }, refused: {} });
    const second = await commit(store, batchOf(site, [visit("/b")]), soon());
    expect(second).toEqual({ siteVisits: 4, visits: { "/b": 2 }, refused: {} });
  });

  test("pages and sites without visits have 0, and totals come in the order asked for", async () => {
    const { store } = rig();
    const site = newSite();
    expect(await totals(store, site, ["/a"])).toEqual({ siteVisits: 0, visits: [0] });
    await count(store, site, { "/a": 1, "/b": 2 });
    expect(await totals(store, site, ["/b", "/none", "/a", "/b"])).toEqual({ siteVisits: 3, visits: [2, 0, 1, 2] });
    expect(await totals(store, site, [])).toEqual({ siteVisits: 3, visits: [] });
  });

  test("an id counts once; its next send is a duplicate and does not affect the rest of its batch", async () => {
    const { store } = rig();
    const site = newSite();
    const id = randomUUID();
    await commit(store, batchOf(site, [visit("/a", id)]), soon());
    const receipt = await commit(store, batchOf(site, [visit("/b", randomUUID()), visit("/a", id), visit("/b")]), soon());
    expect(receipt).toEqual({ siteVisits: 3, visits: { "/a": 1, "/b": 2 }, refused: { 1: "/a" } });
  });

  test("an id that is used again for another page is a conflict and does not affect the rest of its batch", async () => {
    const { store } = rig();
    const site = newSite();
    const [used, other] = [randomUUID(), randomUUID()];
    await commit(store, batchOf(site, [visit("/a", used), visit("/a", other)]), soon());
    const visits = [visit("/b", used), visit("/b", randomUUID()), visit("/a", other), visit("/a")];
    const receipt = await commit(store, batchOf(site, visits), soon());
    expect(receipt).toEqual({ siteVisits: 4, visits: { "/a": 3, "/b": 1 }, refused: { 0: "/a", 2: "/a" } });
  });

  test("a batch whose visits are all refused creates no counter", async () => {
    const { store } = rig();
    const site = newSite();
    const id = randomUUID();
    await commit(store, batchOf(site, [visit("/a", id)]), soon());
    const receipt = await commit(store, batchOf(site, [visit("/b", id)]), soon());
    expect(receipt).toEqual({ siteVisits: 1, visits: { "/b": 0 }, refused: { 0: "/a" } });
    expect(await pagesOf(store, site, null, 10, null)).toEqual([{ page: "/a", visits: 1, days: {} }]);
  });

  test("one id on two sites counts on both", async () => {
    const { store } = rig();
    const id = randomUUID();
    for (const site of [newSite(), newSite()]) {
      const receipt = await commit(store, batchOf(site, [visit("/a", id)]), soon());
      expect(receipt).toEqual({ siteVisits: 1, visits: { "/a": 1 }, refused: {} });
    }
  });

  test.each([
    ["without ids", [visit("/a"), visit("/b")]],
    ["with ids", [visit("/a", randomUUID()), visit("/b", randomUUID())]],
    ["of both kinds", [visit("/a", randomUUID()), visit("/b")]],
  ])("a batch %s that is sent again answers the same receipt and adds nothing, also after more visits", async (_, visits) => {
    const { store, second } = rig();
    const site = newSite();
    await count(store, site, { "/a": 5 });
    const batch = batchOf(site, visits);
    const receipt = await commit(store, batch, soon());
    expect(receipt).toEqual({ siteVisits: 7, visits: { "/a": 6, "/b": 1 }, refused: {} });
    await count(store, site, { "/a": 2, "/b": 1 });
    expect(await commit(store, batch, soon())).toEqual(receipt);
    expect(await commit(second, structuredClone(batch), soon())).toEqual(receipt);
    expect(await totals(store, site, ["/a", "/b"])).toEqual({ siteVisits: 10, visits: [8, 2] });
  });

  test("a batch that is sent three times at once is applied once", async () => {
    const { store, second } = rig();
    const site = newSite();
    const batch = batchOf(site, [visit("/a", randomUUID()), visit("/a")]);
    const receipts = await Promise.all([store, second, store].map((one) => commit(one, batch, soon())));
    for (const receipt of receipts) expect(receipt).toEqual({ siteVisits: 2, visits: { "/a": 2 }, refused: {} });
    expect(await totals(store, site, ["/a"])).toEqual({ siteVisits: 2, visits: [2] });
  });

  test("a batch may hold 400 visits with ids on 99 pages", async () => {
    const { store } = rig();
    const site = newSite();
    const batch = batchOf(
      site,
      Array.from({ length: 400 }, (_, index) => visit(`/${index % 99}`, randomUUID())),
    );
    const receipt = await commit(store, batch, soon());
    expect(receipt.siteVisits).toBe(400);
    expect(receipt.visits).toMatchObject({ "/0": 5, "/3": 5, "/4": 4, "/98": 4 });
    expect(Object.keys(receipt.visits)).toHaveLength(99);
  });

  test("a batch may span two days", async () => {
    const { store } = rig();
    const site = newSite();
    const [before, after] = ["2026-11-22", "2026-11-23"];
    await commit(store, batchOf(site, [visit("/a", null, before), visit("/a", null, after), visit("/b", null, after)]), soon());
    expect(await daysOf(store, site, "/a", ALWAYS)).toEqual({ [before]: 1, [after]: 1 });
    expect(await daysOf(store, site, null, ALWAYS)).toEqual({ [before]: 1, [after]: 2 });
  });

  test("a receipt has the numbers of the days of its visits, also of those that were refused", async () => {
    const { store } = rig();
    const site = newSite();
    const [before, after] = ["2026-11-22", "2026-11-23"];
    const id = randomUUID();
    await commit(store, batchOf(site, [visit("/a", id, before), visit("/b", null, before)]));
    const receipt = await store.commit(
      batchOf(site, [visit("/a", id, before), visit("/a", null, after), visit("/a", null, after), visit("/c", null, after)]),
      soon(),
    );
    expect(receipt.refused).toEqual({ 0: "/a" });
    expect(receipt.site).toMatchObject({ visits: 5, days: { [before]: 2, [after]: 3 } });
    expect(receipt.pages["/a"]).toMatchObject({ visits: 3, days: { [before]: 1, [after]: 2 } });
    expect(receipt.pages["/c"]).toMatchObject({ visits: 1, days: { [after]: 1 } });
    expect(await store.totals(site, ["/a"], before)).toMatchObject({
      site: { visits: 5, days: { [before]: 2 } },
      pages: [{ visits: 3, days: { [before]: 1 } }],
    });
  });

  test("names and ids are data, whatever they look like", async () => {
    const { store } = rig();
    const site = newSite();
    const pages = [
      "/",
      "/it's",
      '/"',
      "/`",
      "/a%2Fb",
      "/a/b",
      "/%25",
      "/__proto__",
      "/constructor",
      "/;drop table counter--",
      "/a\\b",
      "/.",
      "/$.a",
    ];
    const long = `/${"x".repeat(1_023)}`;
    const ids = ["__proto__", "constructor", "hasOwnProperty", "--------", "x".repeat(128)];
    const counts = Object.fromEntries([...pages, long].map((page, index) => [page, index + 1]));
    await count(store, site, counts);
    expect((await totals(store, site, Object.keys(counts))).visits).toEqual(Object.values(counts));
    const listed = await pagesOf(store, site, null, 100, ALWAYS);
    expect(Object.fromEntries(listed.map(({ page, visits }) => [page, visits]))).toEqual(counts);
    expect(await daysOf(store, site, "/__proto__", ALWAYS)).toEqual({ "2026-11-22": 8 });
    for (const [attempt, refused] of [
      [0, {}],
      [1, Object.fromEntries(ids.map((_, index) => [index, long]))],
    ]) {
      const receipt = await commit(
        store,
        batchOf(
          site,
          ids.map((id) => visit(long, id)),
        ),
        soon(),
      );
      expect([attempt, receipt.visits[long], receipt.refused]).toEqual([attempt, 19, refused]);
    }
  });
}
