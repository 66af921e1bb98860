import type { Days, PageTotal, Period, Store } from "../../src/domain/store.ts";

/** A store for tests of the HTTP layer alone: one process, no time, nothing durable. It keeps a list of the calls that wrote. */
export interface MemoryStore extends Store {
  readonly writes: string[];
  /** What every call throws, where set. */
  failure: Error | null;
}

export function createMemoryStore(): MemoryStore {
  const counters = new Map<string, Map<string, { visits: number; days: Record<string, number> }>>();
  const marks = new Map<string, string>();
  const writes: string[] = [];

  const pagesOf = (site: string) => {
    const known = counters.get(site) ?? new Map<string, { visits: number; days: Record<string, number> }>();
    counters.set(site, known);
    return known;
  };
  const siteVisits = (site: string) => [...pagesOf(site).values()].reduce((sum, { visits }) => sum + visits, 0);
  const totals = (site: string, pages: readonly string[]) => ({
    siteVisits: siteVisits(site),
    visits: pages.map((page) => pagesOf(site).get(page)?.visits ?? 0),
  });
  const within = (days: Days, period: Period | null) =>
    Object.fromEntries(Object.entries(days).filter(([day]) => period && day >= period.from && day <= period.to));
  const add = (site: string, page: string, visits: number, days: Days) => {
    const counter = pagesOf(site).get(page) ?? { visits: 0, days: {} };
    counter.visits += visits;
    for (const [day, count] of Object.entries(days)) counter.days[day] = (counter.days[day] ?? 0) + count;
    pagesOf(site).set(page, counter);
  };
  const rows = (site: string, period: Period | null): PageTotal[] =>
    [...pagesOf(site)].sort().map(([page, { visits, days }]) => ({ page, visits, days: within(days, period) }));
  const weight = ({ visits, days }: PageTotal, period: Period | null) =>
    period ? Object.values(days).reduce((sum, count) => sum + count, 0) : visits;

  const store: MemoryStore = {
    name: "sqlite",
    writes,
    failure: null,
    async commit({ site, visits }) {
      check();
      const refused: Record<number, "duplicate" | "conflict"> = {};
      for (const [index, { page, day, id }] of visits.entries()) {
        const mark = id === null ? undefined : marks.get(`${site} ${id}`);
        if (mark !== undefined) refused[index] = mark === page ? "duplicate" : "conflict";
        else {
          writes.push(`count ${site}${page}`);
          add(site, page, 1, { [day]: 1 });
          if (id !== null) marks.set(`${site} ${id}`, page);
        }
      }
      const named = Object.fromEntries(visits.map(({ page }) => [page, pagesOf(site).get(page)?.visits ?? 0]));
      return { siteVisits: siteVisits(site), visits: named, refused };
    },
    async totals(site, pages) {
      check();
      return totals(site, pages);
    },
    async has(site, page) {
      check();
      return pagesOf(site).has(page);
    },
    async sites() {
      check();
      return [...counters.keys()].sort().map((site) => ({ site, visits: siteVisits(site) }));
    },
    async pages(site, after, limit, period) {
      check();
      return rows(site, period)
        .filter(({ page }) => after === null || page > after)
        .slice(0, limit);
    },
    async top(site, limit, period) {
      check();
      return rows(site, period)
        .sort((a, b) => weight(b, period) - weight(a, period))
        .slice(0, limit);
    },
    async days(site, page, period) {
      check();
      const sums: Record<string, number> = {};
      for (const row of rows(site, period)) {
        if (page === null || row.page === page) for (const [day, count] of Object.entries(row.days)) sums[day] = (sums[day] ?? 0) + count;
      }
      return sums;
    },
    async correct({ id, site, page, visits }) {
      check();
      if (!marks.has(id)) {
        writes.push(`correct ${site}${page} ${visits}`);
        marks.set(id, "");
        if (visits === null) pagesOf(site).delete(page);
        else pagesOf(site).set(page, { visits, days: {} });
      }
      return totals(site, [page]);
    },
    async add({ id, digest, site, additions }) {
      check();
      const mark = marks.get(id);
      if (mark !== undefined) return mark === digest ? "duplicate" : "conflict";
      marks.set(id, digest);
      writes.push(`add ${site} ${additions.length}`);
      for (const { page, visits, days } of additions) add(site, page, visits, days);
      return "added";
    },
    async ping() {
      check();
    },
    async close() {},
  };

  function check(): void {
    if (store.failure) throw store.failure;
  }

  return store;
}
