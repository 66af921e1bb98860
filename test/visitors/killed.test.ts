import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../../build/process.ts";
import { openSqliteStore } from "../../src/platform/node/sqlite.ts";
import { startNodeServer } from "../support/artefacts.ts";
import { createClient, fromClients, newSite } from "../support/http.ts";
import { expectedOf, from, VISITORS, WITH_VISITORS } from "./clients.ts";

const IDS = 1_500;
const KILLS = 3;
const PAUSE_MS = 50;

let folder = "";
afterEach(() => rm(folder, { recursive: true, force: true }));

test(`a SQLite file whose server is killed ${KILLS} times estimates ${VISITORS} visitors as if it had not been, bit for bit`, {
  timeout: 120_000,
}, async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-visitors-"));
  const path = join(folder, "visits.sqlite");
  const settings = { ...WITH_VISITORS, STORE: "sqlite", SQLITE_PATH: path, PORT: String(await freePort()) };
  const site = newSite();
  let server = await startNodeServer(settings);
  const client = createClient(server.url);
  let answered = 0;
  const killing = (async () => {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      while (answered < (kill * IDS) / (KILLS + 1)) await sleep(5);
      await server.process.stop("SIGKILL");
      server = await startNodeServer(settings);
    }
  })();
  await fromClients(IDS, async (index) => {
    const body = { site, page: "/a", id: randomUUID() };
    const send = () => client.send("POST /v1/visits", { headers: from(index), body }).catch(() => null);
    while ((await send())?.status !== 200) await sleep(PAUSE_MS);
    answered += 1;
  });
  await killing;
  // Asked for apart: of one answer, the site shows at least what its page does, which two sketches of 300 are estimated at.
  const { siteVisits, siteVisitorsToday } = (await client.send(`GET /v1/visits?site=${site}`)).json();
  const { pages } = (await client.send(`GET /v1/visits?site=${site}&page=/a`)).json();
  client.close();
  await server.stop();
  const store = openSqliteStore(path, Date.now, { visitors: true });
  const all = Array.from({ length: VISITORS }, (_, index) => index);
  expect([siteVisits, siteVisitorsToday]).toEqual([IDS, await expectedOf(store, site, null, all)]);
  expect(pages[0]).toMatchObject({ visits: IDS, visitorsToday: await expectedOf(store, site, "/a", all) });
  await store.close();
});
