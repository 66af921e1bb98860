import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Store, Visit } from "../../../src/domain/store.ts";
import { estimate } from "../../../src/domain/visitors/estimator.ts";
import { Sketch } from "../../../src/domain/visitors/sketch.ts";
import type { Rig } from "../contract.ts";
import { ALWAYS, additionOf, addTo, batchOf, correctionOf, DAY, newSite, soon, visit, visitorOf } from "./fixture.ts";

const [D1, D2] = ["2026-11-21", DAY] as const;

/** A visit of a visitor with a name. */
const by = (name: string, page = "/a", id: string | null = null, day: string = DAY): Visit => visit(page, id, day, visitorOf(page, name));
const names = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `visitor ${from + index}`);

/** What a sketch of these visitors is estimated at. */
function expected(visitors: readonly string[], scope: "site" | "page", page = "/a"): number {
  const sketch = new Sketch();
  for (const name of visitors) sketch.add(visitorOf(page, name)[scope]);
  return estimate(sketch);
}

async function send(store: Store, site: string, visits: readonly Visit[]) {
  for (let start = 0; start < visits.length; start += 400) await store.commit(batchOf(site, visits.slice(start, start + 400)), soon());
}

/** The visitors of a page and of its site: in all, and today. */
async function shown(store: Store, site: string, page = "/a", day: string = DAY) {
  const { site: whole, pages } = await store.totals(site, [page], day);
  const of = (count = whole) => [count.visitors?.total, count.visitors?.days[day] ?? 0];
  return { page: of(pages[0]), site: of() };
}

/** Visitors of counters, where a store estimates them. */
export function visitors(rig: () => Rig): void {
  test("a visitor who comes again is a visit and no other visitor, of a page and of the site", async () => {
    const { store } = rig();
    const site = newSite();
    const first = await store.commit(batchOf(site, [by("one"), by("two"), by("one"), by("one", "/b")]), soon());
    expect(first.pages["/a"]).toEqual({ visits: 3, days: { [DAY]: 3 }, visitors: { total: 2, days: { [DAY]: 2 } } });
    expect(first.pages["/b"]).toEqual({ visits: 1, days: { [DAY]: 1 }, visitors: { total: 1, days: { [DAY]: 1 } } });
    expect(first.site).toEqual({ visits: 4, days: { [DAY]: 4 }, visitors: { total: 2, days: { [DAY]: 2 } } });
    const second = await store.commit(batchOf(site, [by("two"), by("three")]), soon());
    expect(second.pages["/a"]?.visitors).toEqual({ total: 3, days: { [DAY]: 3 } });
    expect(await shown(store, site)).toEqual({ page: [3, 3], site: [3, 3] });
  });

  test("a visit without a visitor is no visitor", async () => {
    const { store } = rig();
    const site = newSite();
    const receipt = await store.commit(batchOf(site, [visit("/a", null, DAY, null), visit("/a", null, DAY, null)]), soon());
    expect(receipt.pages["/a"]).toMatchObject({ visits: 2, days: { [DAY]: 2 }, visitors: { total: 0 } });
    await send(store, site, [by("one"), visit("/a", null, DAY, null)]);
    expect(await shown(store, site)).toEqual({ page: [1, 1], site: [1, 1] });
    expect((await store.totals(newSite(), ["/a"], DAY)).site.visitors).toEqual({ total: 0, days: {} });
  });

  test("a batch that is sent again, and ids that are, add no visitor", async () => {
    const { store, second } = rig();
    const site = newSite();
    const ids = [randomUUID(), randomUUID()] as const;
    const batch = batchOf(site, [by("one", "/a", ids[0]), by("two", "/a", ids[1]), by("three")]);
    const receipt = await store.commit(batch, soon());
    await send(store, site, [by("four")]);
    for (const one of [store, second]) expect((await one.commit(batch, soon())).pages["/a"]?.visits).toBe(receipt.pages["/a"]?.visits);
    // A used id, sent by others: they are not counted, and touch no sketch.
    for (const one of [store, second]) {
      const again = await one.commit(batchOf(site, [by("five", "/a", ids[0]), by("six", "/b", ids[1])]), soon());
      expect(again.refused).toEqual({ 0: "/a", 1: "/a" });
      expect(again.pages["/a"]?.visitors?.total).toBe(4);
    }
    expect(await shown(await rig().another(), site)).toEqual({ page: [4, 4], site: [4, 4] });
  });

  test("3,000 visitors, most of them twice and from two instances, give the sketch of all, bit for bit", { timeout: 60_000 }, async () => {
    const { store, second } = rig();
    const site = newSite();
    const all = names(3_000);
    await send(
      store,
      site,
      all.slice(0, 2_000).map((name) => by(name)),
    );
    await send(
      second,
      site,
      all.slice(1_000).map((name) => by(name)),
    );
    await send(
      store,
      site,
      all.slice(500, 1_500).map((name) => by(name)),
    );
    // Who has no copy reads all registers: the estimate is that of the stored sketch.
    await send(await rig().another(), site, [by("visitor 7")]);
    const [page, whole] = [expected(all, "page"), expected(all, "site")];
    expect(await shown(store, site)).toEqual({ page: [page, page], site: [whole, whole] });
  });

  test("any visits, repeated, split, reordered and on any instance, give the same visitors", { timeout: 120_000 }, async () => {
    const { store, second } = rig();
    const seen = fc.array(fc.record({ name: fc.nat({ max: 30 }), page: fc.constantFrom("/a", "/b"), day: fc.constantFrom(D1, D2) }), {
      minLength: 1,
      maxLength: 40,
    });
    const sends = fc.array(
      fc.record({ first: fc.nat(), count: fc.integer({ min: 1, max: 20 }), onSecond: fc.boolean(), twice: fc.boolean() }),
      {
        maxLength: 4,
      },
    );
    await fc.assert(
      fc.asyncProperty(seen, sends, async (visits, parts) => {
        const site = newSite();
        const all = visits.map(({ name, page, day }) => by(`visitor ${name}`, page, null, day));
        for (const { first, count, onSecond, twice } of parts) {
          const start = first % all.length;
          const batch = batchOf(site, all.slice(start, start + count).reverse());
          for (const one of twice ? [store, second] : [onSecond ? second : store]) await one.commit(batch, soon());
        }
        const whole = await rig().another();
        await send(whole, site, all);
        for (const day of [D1, D2]) {
          const of = (page: string) => [
            ...new Set(visits.filter((one) => one.page === page && one.day === day).map(({ name }) => `visitor ${name}`)),
          ];
          const { pages, site: siteCount } = await store.totals(site, ["/a", "/b"], day);
          expect(pages.map(({ visitors: count }) => count?.days[day] ?? 0)).toEqual([
            expected(of("/a"), "page"),
            expected(of("/b"), "page", "/b"),
          ]);
          expect(siteCount.visitors?.days[day] ?? 0).toBe(expected([...of("/a"), ...of("/b")], "site"));
        }
      }),
      { numRuns: 12 },
    );
  });

  test("visitors of several days are summed, a day's are estimated for itself, also in a batch over midnight", async () => {
    const { store, second } = rig();
    const site = newSite();
    await send(store, site, [by("one", "/a", null, D1), by("two", "/a", null, D1)]);
    const receipt = await second.commit(
      batchOf(site, [by("three", "/a", null, D1), by("one", "/a", null, D2), by("one", "/b", null, D2)]),
      soon(),
    );
    expect(receipt.pages["/a"]?.visitors?.days).toEqual({ [D1]: 3, [D2]: 1 });
    expect(receipt.site.visitors?.days).toEqual({ [D1]: 3, [D2]: 1 });
    await send(store, site, [by("two", "/a", null, D2)]);
    expect(await shown(store, site)).toEqual({ page: [5, 2], site: [5, 2] });
    expect(await shown(second, site, "/a", D1)).toEqual({ page: [5, 3], site: [5, 3] });
    expect((await store.days(site, "/a", ALWAYS)).visitors).toEqual({ total: 5, days: { [D1]: 3, [D2]: 2 } });
    expect((await store.days(site, null, { from: D2, to: D2 })).visitors).toEqual({ total: 5, days: { [D2]: 2 } });
  });

  test("lists have each page's and each site's visitors, of all time and of a period", async () => {
    const { store, second } = rig();
    const site = newSite();
    await send(store, site, [by("one", "/a", null, D1), by("one"), by("two"), by("two"), by("one", "/b")]);
    const a = { page: "/a", visits: 4, days: { [D2]: 3 }, visitors: { total: 3, days: { [D2]: 2 } } };
    const b = { page: "/b", visits: 1, days: { [D2]: 1 }, visitors: { total: 1, days: { [D2]: 1 } } };
    const period = { from: D2, to: D2 };
    expect(await store.pages(site, null, 10, period)).toEqual([a, b]);
    expect(await store.top(site, 10, period)).toEqual([a, b]);
    const without = [a, b].map((page) => ({ ...page, days: {}, visitors: { ...page.visitors, days: {} } }));
    expect(await second.pages(site, null, 10, null)).toEqual(without);
    expect(await second.top(site, 10, null)).toEqual(without);
    expect((await second.sites()).filter((one) => one.site === site)).toEqual([{ site, visits: 5, unattributed: 0, visitors: 3 }]);
  });

  test("visitors are set as visits are: no fewer than their days', and no more than the visits", async () => {
    const { store, second } = rig();
    const site = newSite();
    await send(store, site, [by("one"), by("two"), by("one")]);
    const set = (change: Parameters<typeof correctionOf>[2], page: string | null = "/a") =>
      second.correct(correctionOf(site, page, change), soon());
    expect(await set({ visitors: 1 })).toEqual({ misfit: "visitors", value: 1, least: 2, most: 3 });
    expect(await set({ visitors: 4 })).toEqual({ misfit: "visitors", value: 4, least: 2, most: 3 });
    expect(await set({ visits: 100, visitors: 50 })).toMatchObject({
      site: { visits: 100, visitors: { total: 2, days: { [DAY]: 2 } } },
      pages: [{ visits: 100, visitors: { total: 50, days: { [DAY]: 2 } } }],
    });
    expect(await set({ visits: 49 })).toEqual({ misfit: "visitors", value: 50, least: 2, most: 49 });
    expect(await set({ visitors: 70 }, null)).toMatchObject({ site: { visits: 100, visitors: { total: 70 } } });
    // An instance that knew the counters before.
    const receipt = await store.commit(batchOf(site, [by("one"), by("three")]), soon());
    expect(receipt.pages["/a"]?.visitors).toEqual({ total: 51, days: { [DAY]: 3 } });
    expect(receipt.site.visitors).toEqual({ total: 71, days: { [DAY]: 3 } });
    expect(await shown(second, site)).toEqual({ page: [51, 3], site: [71, 3] });
    expect(await set({ visits: 60, dropDays: true })).toMatchObject({ pages: [{ visits: 60, visitors: { total: 48, days: {} } }] });
    // Who was here today is not new.
    await send(store, site, [by("one"), by("four")]);
    expect(await shown(second, site)).toMatchObject({ page: [50, 2] });
  });

  test("a page that is removed has none, its site keeps them, and a visitor who was there is one again", async () => {
    const { store, second } = rig();
    const site = newSite();
    await send(store, site, [by("one"), by("two"), by("three"), by("one", "/b")]);
    await second.correct(correctionOf(site, "/a", null), soon());
    expect(await shown(store, site)).toMatchObject({ page: [0, 0] });
    // This instance knew the page's sketch, which is gone.
    const unknown = visit("/a", null, DAY, null);
    const receipt = await store.commit(batchOf(site, [by("two"), unknown, unknown, by("one", "/b"), by("one", "/b")]), soon());
    expect(receipt.pages["/a"]).toEqual({ visits: 3, days: { [DAY]: 3 }, visitors: { total: 1, days: { [DAY]: 1 } } });
    await send(await rig().another(), site, [by("two"), by("four")]);
    expect(await shown(store, site)).toEqual({ page: [2, 2], site: [4, 4] });
  });

  test("a site that is removed has none, and begins anew", async () => {
    const { store, second } = rig();
    const site = newSite();
    await send(store, site, [by("one"), by("two")]);
    while (!(await second.removeSome(site, Date.now() + 20_000)));
    expect(await shown(store, site)).toEqual({ page: [0, 0], site: [0, 0] });
    await send(store, site, [by("two"), by("three")]);
    await send(await rig().another(), site, [by("two"), by("three"), by("three")]);
    expect(await shown(second, site)).toEqual({ page: [2, 2], site: [2, 2] });
  });

  test("an import adds visitors of days and others to a page, and to the site only those that are the site's own", async () => {
    const { store, second } = rig();
    const site = newSite();
    await send(store, site, [by("one"), by("two")]);
    const page = { visits: 20, days: { [D1]: 5, [D2]: 6 }, visitors: 12, visitorDays: { [D1]: 9, [D2]: 1 } };
    const batch = additionOf(site, { "/a": page });
    const own = addTo(null, { visits: 3, visitors: 6, visitorDays: { [D2]: 4 } });
    for (let time = 0; time < 2; time += 1) await second.add({ ...batch, additions: [...batch.additions, own] }, soon());
    // Of 9 visitors on a day with 5 visits 5 are shown.
    expect((await store.days(site, "/a", ALWAYS)).visitors).toEqual({ total: 2 + 5 + 3, days: { [D1]: 5, [D2]: 3 } });
    expect((await store.days(site, null, ALWAYS)).visitors).toEqual({ total: 2 + 6, days: { [D2]: 6 } });
    const receipt = await store.commit(batchOf(site, [by("three"), by("two")]), soon());
    expect(receipt.pages["/a"]?.visitors).toEqual({ total: 11, days: { [D2]: 4 } });
    expect(receipt.site.visitors).toEqual({ total: 9, days: { [D2]: 7 } });
    expect(await shown(second, site)).toEqual({ page: [11, 4], site: [9, 7] });
  });
}
