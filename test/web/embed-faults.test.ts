import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { requires } from "../support/skip.ts";
import type { Asked } from "./embed-gate.ts";
import { PATIENCE, RUNTIMES, type Stage, setStage } from "./embed-stage.ts";

const ANSWERED = "window.footfall?.visits >= 0";
/** What the browser itself says of a request that failed or was refused: no script can keep it from that. */
const NETWORK_LINE = /^Failed to load resource: /;

const isCount = ({ method, path }: Asked) => method === "POST" && path === "/v1/visits";

for (const [runtime, start] of Object.entries(RUNTIMES)) {
  requires("chromium")(`the script counts once, whatever fails, at ${runtime}`, () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await setStage(start);
    });
    afterEach(() => stage.clear());
    afterAll(() => stage?.stop());

    /** All attempts to count were of one view; answers how many there were. */
    function attempts(site: string): number {
      const ids = stage.counts(site).map(({ body }) => JSON.parse(body).id);
      expect(new Set(ids).size).toBe(1);
      return ids.length;
    }

    test("offline, then online", async () => {
      const site = stage.newSite();
      const { page } = await stage.open();
      await page.goto(stage.at(site, "/app/spring"));
      await page.waitForFunction(ANSWERED);
      await page.context().setOffline(true);
      await page.getByRole("link", { name: "Winter" }).click();
      // Attempts after 0, 1 and 3 seconds fail; the next would be due after 7.
      await sleep(3_500);
      expect(stage.counts(site)).toHaveLength(1);
      const online = performance.now();
      await page.context().setOffline(false);
      await page.waitForFunction("footfall.page === '/app/winter'");
      expect((stage.counts(site)[1]?.at ?? Number.POSITIVE_INFINITY) - online).toBeLessThan(2_500);
      await sleep(1_000);
      expect(stage.counts(site)).toHaveLength(2);
      expect(await stage.totals(site, "/app/winter")).toEqual({ siteVisits: 2, visits: [1] });
    });

    test("a server that counts and loses the answer", async () => {
      const site = stage.newSite();
      let lost = 0;
      stage.api.decide = (asked) => (isCount(asked) && lost++ < 2 ? "drop" : "pass");
      const { page, complaints } = await stage.open();
      await page.goto(stage.at(site, "/"));
      await page.waitForFunction(ANSWERED);
      expect(await page.evaluate("footfall")).toMatchObject({ visits: 1, siteVisits: 1, counted: false, reason: "duplicate" });
      expect(attempts(site)).toBe(3);
      expect(await stage.totals(site, "/")).toEqual({ siteVisits: 1, visits: [1] });
      expect(complaints.filter((line) => !NETWORK_LINE.test(line))).toEqual([]);
    });

    test("an answer that breaks off halfway", async () => {
      const site = stage.newSite();
      let halves = 0;
      stage.api.decide = (asked) => (isCount(asked) && halves++ < 1 ? { status: 200, body: '{"visits":' } : "pass");
      const { page } = await stage.open();
      await page.goto(stage.at(site, "/"));
      await page.waitForFunction(ANSWERED);
      expect(attempts(site)).toBe(2);
      expect((await stage.totals(site)).siteVisits).toBe(1);
    });

    test("a server that answers 503 for 5 seconds, then recovers", async () => {
      const site = stage.newSite();
      const recovered = performance.now() + 5_000;
      stage.api.decide = (asked) =>
        isCount(asked) && performance.now() < recovered ? { status: 503, headers: { "Retry-After": "1" } } : "pass";
      const { page, complaints } = await stage.open();
      await page.goto(stage.at(site, "/"));
      await page.waitForFunction(ANSWERED);
      expect(await page.evaluate("footfall")).toMatchObject({ visits: 1, counted: true });
      expect(attempts(site)).toBeGreaterThan(2);
      expect(attempts(site)).toBeLessThan(6);
      expect((await stage.totals(site)).siteVisits).toBe(1);
      expect(complaints.filter((line) => !NETWORK_LINE.test(line))).toEqual([]);
    });

    test.each([429, 503])("a %i that says when to come again is obeyed", async (status) => {
      const site = stage.newSite();
      let busy = 1;
      stage.api.decide = (asked) => (isCount(asked) && busy-- > 0 ? { status, headers: { "Retry-After": "3" } } : "pass");
      const { page } = await stage.open();
      await page.goto(stage.at(site, "/"));
      await page.waitForFunction(ANSWERED);
      const [first, second] = stage.counts(site).map(({ at }) => at);
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(2_990);
      expect(attempts(site)).toBe(2);
    });

    test("a site that is not allowed is refused once", async () => {
      const { page, complaints } = await stage.open();
      await page.goto(stage.at("stranger.example", "/"));
      await page.waitForFunction("window.footfall");
      await sleep(3_500);
      expect(attempts("stranger.example")).toBe(1);
      expect(await page.evaluate("footfall")).toEqual({ site: "stranger.example", page: "/", id: expect.any(String) });
      expect(await page.locator("[data-visits]").allTextContents()).toEqual(["", ""]);
      expect(complaints.filter((line) => !/status of 403/.test(line))).toEqual([]);
      expect(complaints).toHaveLength(1);
    });

    test.each([400, 404, 413])("a %i that is a page of somebody else's ends it", async (status) => {
      const site = stage.newSite();
      stage.api.decide = (asked) => (isCount(asked) ? { status } : "pass");
      const { page, complaints } = await stage.open();
      await page.goto(stage.at(site, "/"));
      await page.waitForFunction("window.footfall");
      await sleep(1_500);
      expect(attempts(site)).toBe(1);
      expect(complaints.filter((line) => !NETWORK_LINE.test(line))).toEqual([]);
    });

    test("a dead server, or a blocker, leaves the page as it is", async () => {
      const site = stage.newSite();
      stage.api.decide = () => "reset";
      const dead = await stage.open();
      await dead.page.goto(stage.at(site, "/"));
      stage.api.decide = (asked) => (isCount(asked) ? "reset" : "pass");
      const dying = await stage.open();
      await dying.page.goto(stage.at(site, "/"));
      const blocked = await stage.open();
      await blocked.page.route("**/v1/visits", (route) => route.abort("blockedbyclient"));
      await blocked.page.goto(stage.at(site, "/"));
      await sleep(1_500);
      for (const { page, complaints } of [dead, dying, blocked]) {
        expect(await page.locator("[data-visits]").allTextContents()).toEqual(["", ""]);
        expect(complaints.length).toBeGreaterThan(0);
        expect(complaints.filter((line) => !NETWORK_LINE.test(line))).toEqual([]);
      }
    });

    test("an answer that comes when the reader is on the next page counts, and is not shown there", async () => {
      const site = stage.newSite();
      let release = () => {};
      const late = new Promise<"pass">((resolve) => (release = () => resolve("pass")));
      stage.api.decide = (asked) => (isCount(asked) && asked.body.includes("/app/spring") ? late : "pass");
      const { page } = await stage.open();
      await page.addInitScript("told = []; addEventListener('footfall', ({ detail }) => told.push(detail.page))");
      await page.goto(stage.at(site, "/app/spring"));
      await page.getByRole("link", { name: "Summer" }).click();
      await page.waitForFunction(ANSWERED);
      release();
      await expect.poll(() => stage.totals(site, "/app/spring", "/app/summer"), PATIENCE).toEqual({ siteVisits: 2, visits: [1, 1] });
      await sleep(300);
      expect(await page.evaluate("[told, footfall.page]")).toEqual([["/app/summer"], "/app/summer"]);
      expect(await page.locator("[data-visits]").allTextContents()).toEqual(["1", "1"]);
    });

    test("a reader who leaves at once is counted", async () => {
      const site = stage.newSite();
      let release = () => {};
      const late = new Promise<"pass">((resolve) => (release = () => resolve("pass")));
      stage.api.decide = (asked) => (isCount(asked) ? late : "pass");
      const { page } = await stage.open();
      await page.goto(stage.at(site, "/"));
      await expect.poll(() => stage.counts(site).length, PATIENCE).toBe(1);
      await page.goto("about:blank");
      release();
      await expect.poll(() => stage.totals(site, "/"), PATIENCE).toEqual({ siteVisits: 1, visits: [1] });
    });

    test("gives up after 12 hours, and says so", async () => {
      const site = stage.newSite();
      stage.api.decide = (asked) => (isCount(asked) ? "reset" : "pass");
      const { page, complaints } = await stage.open();
      await page.clock.install();
      await page.goto(stage.at(site, "/"));
      await expect.poll(() => stage.counts(site).length, PATIENCE).toBeGreaterThan(0);
      for (let hour = 0; hour < 18; hour += 1) {
        await page.clock.runFor("01:00:00");
        await sleep(50);
      }
      await page.waitForFunction("window.footfall");
      const tried = attempts(site);
      expect(tried).toBeGreaterThan(5);
      expect(tried).toBeLessThan(17);
      stage.api.decide = null;
      await page.clock.runFor("24:00:00");
      await page.evaluate("dispatchEvent(new Event('online'))");
      await sleep(500);
      expect(attempts(site)).toBe(tried);
      expect(await page.evaluate("footfall.visits")).toBeUndefined();
      expect(complaints.filter((line) => !NETWORK_LINE.test(line))).toEqual([]);
    });
  });
}
