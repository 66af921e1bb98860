import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { newSite, type Sent } from "../../support/http.ts";
import type { ServiceRow } from "../rows.ts";
import { FROM_SITE, KEY, type Rig } from "./rig.ts";

const DAY_MS = 86_400_000;
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

/** The UTC day, so many days ago. */
function day(ago: number): string {
  return new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);
}

const requestIds: readonly [what: string, headers: Record<string, string>, id: RegExp][] = [
  ["a valid one comes back", { "X-Request-Id": "abc.DEF_1-2" }, /^abc\.DEF_1-2$/],
  ["an invalid one is replaced", { "X-Request-Id": "a b" }, /^[\w-]{8,}$/],
  ["a trace's id serves", { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }, new RegExp(`^${TRACE}$`)],
  ["otherwise it is new", {}, /^[\w-]{8,}$/],
];

/** Reading without counting. */
export function reads(rig: () => Rig, row: ServiceRow): void {
  const read = async (path: string, sent?: Sent) => (await rig().open.send(`GET ${path}`, sent)).json();

  /** A site whose pages have visits on certain days, and some that bear no day. */
  async function newSiteWithVisits(): Promise<string> {
    const { open } = rig();
    const site = newSite();
    const lines = [
      { page: "/a", visits: 10, days: { [day(2)]: 2, [day(0)]: 3 } },
      { page: "/b", visits: 4, days: { [day(0)]: 4 } },
      { page: "/c", visits: 9 },
    ];
    const headers = { ...KEY, "Idempotency-Key": randomUUID(), "Content-Type": "application/x-ndjson" };
    const body = lines.map((line) => JSON.stringify(line)).join("\n");
    expect((await open.send(`POST /v1/import?site=${site}`, { headers, body })).text).toBe('{"lines":3,"visits":23}');
    return site;
  }

  describe("reading", () => {
    test("visits come in the order asked, unknown pages as 0, and reading does not count", async () => {
      const { open } = rig();
      const site = await newSiteWithVisits();
      for (let time = 0; time < 2; time += 1) {
        const answer = await open.send(`GET /v1/visits?site=${site}&page=/c&page=/a/&page=%2Fx&page=/c`);
        expect(answer.text).toBe(
          `{"site":"${site}","siteVisits":23,"siteVisitsToday":7,"pages":[{"page":"/c","visits":9,"visitsToday":0},{"page":"/a","visits":10,"visitsToday":3},{"page":"/x","visits":0,"visitsToday":0},{"page":"/c","visits":9,"visitsToday":0}]}`,
        );
        expect(answer.headers["cache-control"]).toBe("no-cache");
      }
      expect(await read(`/visits?site=${newSite()}`)).toMatchObject({ siteVisits: 0, pages: [] });
      expect((await read(`/visits?site=${site}&${"page=/a&".repeat(100)}`)).pages).toHaveLength(100);
    });

    test("the site is the request's, else Origin's, else the default, and nothing contradicts", async () => {
      const { guarded } = rig();
      const site = async (query: string, headers = {}) => (await guarded.send(`GET /visits${query}`, { headers })).json().site;
      expect(await site("?site=www.Other.example", FROM_SITE)).toBe("other.example");
      expect(await site("", { Origin: "https://other.example" })).toBe("other.example");
      expect(await site("")).toBe("example.com");
    });

    test("sites have their totals", async () => {
      const [one, other] = [await newSiteWithVisits(), newSite()];
      await rig().open.send("POST /visits", { body: { site: other } });
      const { sites } = await read("/v1/sites");
      expect(sites).toEqual(
        expect.arrayContaining([
          { site: one, visits: 23 },
          { site: other, visits: 1 },
        ]),
      );
    });

    test("pages come by name, a part at a time", async () => {
      const site = await newSiteWithVisits();
      const first = await read(`/v1/pages?site=${site}&limit=2`);
      expect(first.pages).toEqual([
        { page: "/a", visits: 10 },
        { page: "/b", visits: 4 },
      ]);
      const rest = await read(`/v1/pages?site=${site}&limit=2&cursor=${encodeURIComponent(first.nextCursor)}`);
      expect(rest).toEqual({ site, pages: [{ page: "/c", visits: 9 }] });
      expect((await read(`/v1/pages?site=${site}`)).nextCursor).toBeUndefined();
    });

    test("pages come by their visits, of all time and of a period", async () => {
      const site = await newSiteWithVisits();
      expect((await read(`/v1/pages?site=${site}&sort=visits&limit=2`)).pages).toEqual([
        { page: "/a", visits: 10 },
        { page: "/c", visits: 9 },
      ]);
      const top = await read(`/v1/pages?site=${site}&sort=visits&limit=1&from=${day(1)}&to=${day(0)}`);
      const points = [
        { date: day(1), visits: 0 },
        { date: day(0), visits: 4 },
      ];
      expect(top).toEqual({ site, pages: [{ page: "/b", visits: 4, periodVisits: 4, points }] });
    });

    test("a series has a point for every day, zeros included, without visits that bear no day", async () => {
      const site = await newSiteWithVisits();
      const whole = await read(`/v1/series?site=${site}`);
      expect(whole).toMatchObject({ site, page: null, from: day(29), to: day(0) });
      expect(whole.points).toHaveLength(30);
      expect(whole.points.slice(-3)).toEqual([
        { date: day(2), visits: 2 },
        { date: day(1), visits: 0 },
        { date: day(0), visits: 7 },
      ]);
      await rig().open.send("POST /visits", { body: { site, page: "/a" } });
      expect(await read(`/v1/series?site=${site}&page=/a/&from=${day(0)}`)).toEqual({
        site,
        page: "/a",
        from: day(0),
        to: day(0),
        points: [{ date: day(0), visits: 4 }],
      });
      expect((await read(`/v1/series?site=${site}&from=${day(1_829)}`)).points).toHaveLength(1_830);
    });

    test("health names the store and the version", async () => {
      const answer = await rig().open.send("GET /v1/health");
      expect(answer).toMatchObject({ status: 200, headers: { "cache-control": "no-cache" } });
      expect(answer.json()).toEqual({ status: "ok", store: row.store, version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    });
  });

  describe("X-Request-Id", () => {
    test.each(requestIds)("%s", async (_, headers, id) => {
      for (const target of ["GET /v1/health", "POST /visits", "OPTIONS /visits", "GET /nothing", "GET /v1/badge"]) {
        expect((await rig().open.send(target, { headers })).headers["x-request-id"], target).toMatch(id);
      }
    });
  });
}
