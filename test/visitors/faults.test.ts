import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { openDatastore, openRestTransport, saltDatabase } from "../../src/stores/datastore/open.ts";
import { happen, type Instance, newPlace, sendVisit, startFleet } from "../faults/fleet.ts";
import { emulatorHost } from "../support/emulator.ts";
import { createRandom } from "../support/fault-proxy.ts";
import { fromClients, newSite } from "../support/http.ts";
import { requires } from "../support/skip.ts";
import { expectedOf, from, VISITORS, WITH_VISITORS } from "./clients.ts";

const INSTANCES = 3;
const PAGES = ["/", "/a", "/b"];
const IDS = 1_800;
const KILLS = 2;
const PAUSE_MS = 50;
const SEED = 21;
/** A visit that is answered is sent again this often: its visitor stays one. */
const AGAIN = 0.2;

const fleet: Instance[] = [];
afterEach(async () => {
  await Promise.all(fleet.splice(0).map((instance) => instance.stop()));
});

requires("emulator")(`three servers with visitors on Datastore, every kind of fault and ${KILLS} SIGKILLs`, () => {
  test(`estimate ${VISITORS} visitors as if there had been no fault, bit for bit, and count each id once`, {
    timeout: 240_000,
  }, async () => {
    const random = createRandom(SEED);
    const place = { ...newPlace(), ...WITH_VISITORS };
    fleet.push(...(await startFleet(INSTANCES, place)));
    const pick = (): Instance => fleet[Math.floor(random() * INSTANCES)] as Instance;
    const site = newSite();
    let done = 0;

    async function untilAnswered(index: number, id: string): Promise<void> {
      const body = { site, page: PAGES[index % PAGES.length], id };
      while ((await sendVisit(pick(), body, from(index)))?.status !== 200) await sleep(PAUSE_MS);
    }
    const visits = fromClients(IDS, async (index) => {
      const id = randomUUID();
      await untilAnswered(index, id);
      if (random() < AGAIN) await untilAnswered(index, id);
      done += 1;
    });
    const kills = Array.from(
      { length: KILLS },
      (_, index) => [(index + 1) / (KILLS + 2), () => fleet[index]?.kill() ?? Promise.resolve()] as const,
    );
    await Promise.all([visits, happen(() => done, IDS, kills)]);
    for (const { proxy } of fleet) proxy.calm();

    const [first] = fleet;
    if (!first) throw new Error("no server has started");
    // A server that has just started reads all registers: what it shows is what is stored.
    await first.kill();
    for (const [index, page] of PAGES.entries()) await sendVisit(first, { site, page }, from(index));
    const query = PAGES.map((page) => `page=${page}`).join("&");
    const { siteVisits, siteVisitorsToday, pages } = (await first.client.send(`GET /v1/visits?site=${site}&${query}`)).json();
    expect(siteVisits).toBe(IDS + PAGES.length);
    expect(pages.map(({ visits: count }: { visits: number }) => count)).toEqual(PAGES.map(() => IDS / PAGES.length + 1));

    const emulator = await emulatorHost();
    const namespaceId = place.DATASTORE_NAMESPACE;
    const settings = { project: place.DATASTORE_PROJECT_ID, databaseId: "", namespaceId, emulator, serviceAccount: undefined };
    const salts = openRestTransport(saltDatabase(settings), { fetch, now: Date.now });
    const store = openDatastore(salts, settings, 1, salts);
    const seen = (on: (index: number) => boolean) => Array.from({ length: IDS }, (_, index) => index).filter(on);
    expect(siteVisitorsToday).toBe(
      await expectedOf(
        store,
        site,
        null,
        seen(() => true),
      ),
    );
    const expected = await Promise.all(
      PAGES.map((page, at) =>
        expectedOf(
          store,
          site,
          page,
          seen((index) => index % PAGES.length === at),
        ),
      ),
    );
    expect(pages.map(({ visitorsToday }: { visitorsToday: number }) => visitorsToday)).toEqual(expected);
    await store.close();
  });
});
