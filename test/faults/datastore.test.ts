import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createRandom, FAULTS, type Fate } from "../support/fault-proxy.ts";
import { newSite } from "../support/http.ts";
import { requires } from "../support/skip.ts";
import { progress, report } from "./findings.ts";
import { CLIENTS, happen, type Instance, newPlace, sendVisit, startFleet } from "./fleet.ts";
import { size, TIMEOUT } from "./size.ts";

const INSTANCES = 3;
const PAGES = ["/", "/a", "/b", "/c"];
const IDS = size(2_400, 200_000);
const PLAIN = size(1_000, 50_000);
const KILLS = size(1, 10);
/** At full length longer than a batch may try, so that visits are refused. */
const OUTAGES = size(1, 3);
const OUTAGE_MS = size(500, 9_000);
/** A client waits this long before it sends a visit again. */
const PAUSE_MS = 50;
const SEED = 6;

const fleet: Instance[] = [];
afterEach(async () => {
  await Promise.all(fleet.splice(0).map((instance) => instance.stop()));
});

/** Kills and outages at random moments: the share of visits answered by then, and what happens. */
function incidents(random: () => number): (readonly [number, () => Promise<void>])[] {
  const share = (index: number, all: number) => (0.05 + (index + random() * 0.9) / all) * 0.9;
  const kills = Array.from({ length: KILLS }, (_, index) => {
    return [share(index, KILLS), async () => fleet[Math.floor(random() * INSTANCES)]?.kill()] as const;
  });
  const outages = Array.from({ length: OUTAGES }, (_, index) => {
    const outage = async () => {
      for (const { proxy } of fleet) proxy.outage(true);
      await sleep(OUTAGE_MS);
      for (const { proxy } of fleet) proxy.outage(false);
    };
    return [share(index, OUTAGES), outage] as const;
  });
  return [...kills, ...outages];
}

/** Sends visits from many clients to random instances during incidents. `send` resolves when the visit is done. */
async function sendUnderFaults(
  scenario: string,
  shards: string,
  total: number,
  send: (index: number, pick: () => Instance) => Promise<void>,
): Promise<void> {
  const random = createRandom(SEED);
  fleet.push(...(await startFleet(INSTANCES, { ...newPlace(), SHARDS: shards })));
  const pick = (): Instance => fleet[Math.floor(random() * INSTANCES)] as Instance;
  let next = 0;
  let done = 0;
  const client = async () => {
    while (next < total) {
      await send(next++, pick);
      done += 1;
      progress(scenario, done, total);
    }
  };
  await Promise.all([...Array.from({ length: CLIENTS }, client), happen(() => done, total, incidents(random))]);
  for (const { proxy } of fleet) proxy.calm();
}

/** How often each fault occurred. */
function faults(): Record<Exclude<Fate, "pass">, number> {
  const sums = FAULTS.map((fault) => [fault, fleet.reduce((sum, { proxy }) => sum + proxy.fates[fault], 0)]);
  return Object.fromEntries(sums);
}

/** The totals of the site and of each page, in one snapshot. */
async function totals(site: string): Promise<{ site: number; pages: number[] }> {
  const query = PAGES.map((page) => `page=${page}`).join("&");
  const [instance] = fleet;
  if (!instance) throw new Error("no instance has started");
  const { siteVisits, pages } = (await instance.client.send(`GET /v1/visits?site=${site}&${query}`)).json();
  return { site: siteVisits, pages: pages.map(({ visits }: { visits: number }) => visits) };
}

const failures = () => fleet.flatMap((instance) => instance.output().match(/.*"status":500.*/g) ?? []);

for (const SHARDS of ["1", "4", "auto"]) {
  requires("emulator")(
    `three servers on Datastore with SHARDS=${SHARDS}, with every kind of fault, ${KILLS} SIGKILLs and ${OUTAGES} outages`,
    () => {
      test(`count each of ${IDS} ids once, while clients repeat them until they are answered`, TIMEOUT, async () => {
        const site = newSite();
        const numbers = PAGES.map(() => new Set<number>());
        let sent = 0;
        let unknown = 0;
        let refused = 0;
        let counted = 0;
        await sendUnderFaults("ids", SHARDS, IDS, async (index, pick) => {
          const visit = { site, page: PAGES[index % PAGES.length], id: randomUUID() };
          for (;;) {
            sent += 1;
            const answer = await sendVisit(pick(), visit);
            if (answer?.status === 200) {
              const body = answer.json();
              if (!body.counted) return;
              counted += 1;
              const seen = numbers[index % PAGES.length];
              if (SHARDS === "1") expect(seen?.has(body.visits), `${body.visits} twice`).toBe(false);
              seen?.add(body.visits);
              return;
            }
            if (answer) refused += 1;
            else unknown += 1;
            await sleep(PAUSE_MS);
          }
        });
        const stored = await totals(site);
        const holds = stored.site === IDS && failures().length === 0;
        const figures = `${unknown} sends without an answer, ${refused} refused; faults: ${JSON.stringify(faults())}; ${KILLS} SIGKILLs, ${OUTAGES} outages`;
        report({
          scenario: `Datastore, SHARDS=${SHARDS}, ids`,
          sent,
          answered: counted,
          counted: stored.site,
          goal: `the count is ${IDS}`,
          holds,
          figures,
        });
        expect(stored).toEqual({ site: IDS, pages: PAGES.map(() => IDS / PAGES.length) });
        expect(failures()).toEqual([]);
        const kinds = Object.values(faults()).filter((count) => count > 0).length;
        expect(kinds).toBeGreaterThanOrEqual(size(3, FAULTS.length));
      });

      test(`count at least the answered ones of ${PLAIN} visits without ids, and at most those sent`, TIMEOUT, async () => {
        const site = newSite();
        let answered = 0;
        const numbers = new Set<number>();
        await sendUnderFaults("no ids", SHARDS, PLAIN, async (_, pick) => {
          const answer = await sendVisit(pick(), { site, page: "/" });
          if (answer?.status !== 200) return;
          answered += 1;
          numbers.add(answer.json().visits);
        });
        const stored = (await totals(site)).site;
        // On several shards two visits may show the same number.
        const expected = SHARDS === "1" ? answered : numbers.size;
        const holds = stored >= answered && stored <= PLAIN && numbers.size === expected;
        report({
          scenario: `Datastore, SHARDS=${SHARDS}, no ids`,
          sent: PLAIN,
          answered,
          counted: stored,
          goal: "answered ≤ count ≤ sent, no number twice",
          holds,
        });
        expect(numbers.size).toBe(expected);
        expect(stored).toBeGreaterThanOrEqual(answered);
        expect(stored).toBeLessThanOrEqual(PLAIN);
        expect(failures()).toEqual([]);
      });
    },
  );
}
