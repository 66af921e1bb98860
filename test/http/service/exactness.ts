import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { fromClients, misnumbered, newSite } from "../../support/http.ts";
import type { Rig } from "./rig.ts";

const VISITS = 10_000;
const IDS = 2_000;
const PAGES = ["/hot", "/a", "/b", "/c"] as const;
const READ = PAGES.map((page) => `page=${page}`).join("&");
/** Between two reads of the totals, so that reading does not crowd out counting. */
const PAUSE_MS = 20;
const TIMEOUT_MS = 180_000;

/** Counting while many count. */
export function exactness(rig: () => Rig): void {
  describe("exactness", () => {
    test(`${VISITS} visits from 64 clients are numbered 1 … n on each page, and the site is the sum of its pages in every read`, {
      timeout: TIMEOUT_MS,
    }, async () => {
      const { open, second } = rig();
      const site = newSite();
      const headers = { Origin: `https://${site}` };
      const numbers = Object.fromEntries(PAGES.map((page): [string, number[]] => [page, []]));
      let counting = true;
      let reads = 0;
      const read = async () => {
        const { siteVisits, pages } = (await second.send(`GET /v1/visits?site=${site}&${READ}`)).json();
        const visits: number[] = pages.map((page: { visits: number }) => page.visits);
        expect(visits.reduce((sum, one) => sum + one, 0)).toBe(siteVisits);
        return visits;
      };
      const watch = async () => {
        for (; counting; reads += 1) {
          await read();
          await setTimeout(PAUSE_MS);
        }
      };
      const visits = fromClients(VISITS, async (index) => {
        // Three visits of four are to the hot page.
        const page = PAGES[index % 4 === 0 ? 1 + ((index / 4) % 3) : 0] ?? "/hot";
        const answer = await open.send("POST /visits", { headers, body: { page } });
        const counted = answer.json();
        if (answer.status !== 200 || counted.counted !== true)
          throw new Error(`visit ${index} was answered ${answer.status} ${answer.text}`);
        numbers[page]?.push(counted.visits);
      }).finally(() => {
        counting = false;
      });
      await Promise.all([visits, watch()]);
      const counts = PAGES.map((page) => numbers[page]?.length ?? 0);
      for (const page of PAGES) expect(misnumbered(numbers[page] ?? []), page).toEqual([]);
      expect(counts.reduce((sum, one) => sum + one, 0)).toBe(VISITS);
      expect(await read()).toEqual(counts);
      expect(reads).toBeGreaterThan(5);
    });

    test(`${IDS} ids, each sent three times at once, count once each, and none fails`, { timeout: TIMEOUT_MS }, async () => {
      const { open, second } = rig();
      const site = newSite();
      const headers = { Origin: `https://${site}` };
      const numbers: number[] = [];
      await fromClients(IDS, async (index) => {
        const sent = { headers, body: { page: index % 2 ? "/odd" : "/even", id: randomUUID() } };
        const clients = [open, second, index % 2 ? open : second];
        const answers = await Promise.all(clients.map((client) => client.send("POST /visits", sent)));
        for (const { status, text } of answers) if (status !== 200) throw new Error(`id ${index} was answered ${status} ${text}`);
        const outcomes = answers.map((answer) => answer.json());
        expect(outcomes.map(({ counted, reason }) => reason ?? counted).sort()).toEqual(["duplicate", "duplicate", true]);
        for (const { counted, page, visits } of outcomes) if (counted && page === "/odd") numbers.push(visits);
      });
      expect(numbers).toHaveLength(IDS / 2);
      expect(misnumbered(numbers)).toEqual([]);
      expect((await second.send(`GET /visits?site=${site}&page=/odd&page=/even`)).json()).toMatchObject({
        site,
        siteVisits: IDS,
        pages: [
          { page: "/odd", visits: IDS / 2 },
          { page: "/even", visits: IDS / 2 },
        ],
      });
    });
  });
}
