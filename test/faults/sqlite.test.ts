import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { freePort, waitForPort } from "../../build/process.ts";
import { OPEN } from "../http/service/rig.ts";
import { launchNodeServer } from "../support/artefacts.ts";
import { createRandom } from "../support/fault-proxy.ts";
import { createClient } from "../support/http.ts";
import { progress, report } from "./findings.ts";
import { size, TIMEOUT } from "./size.ts";

const KILLS = size(4, 100);
const CLIENTS = 32;
/** A server is killed at a random moment within this time after its start. */
const LIFE_MS = 600;
const START_MS = 30_000;
const SEED = 7;
const SITE = "example.com";

let folder = "";
afterEach(() => rm(folder, { recursive: true, force: true }));

test(`a SQLite file whose server is killed ${KILLS} times under load is intact and has every acknowledged visit`, TIMEOUT, async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-killed-"));
  const path = join(folder, "visits.sqlite");
  const random = createRandom(SEED);
  const settings = { ...OPEN, STORE: "sqlite", SQLITE_PATH: path, PORT: String(await freePort()) };
  const url = `http://127.0.0.1:${settings.PORT}`;
  let ids = 0;
  let sent = 0;
  let answered = 0;
  /** Ids whose outcome is unknown. */
  const open = new Set<string>();

  /** Sends visits with and without an id in turn, until the server is gone. */
  async function visitUntilGone(client: ReturnType<typeof createClient>, again: string[]): Promise<void> {
    for (let turn = 0; ; turn += 1) {
      const id = turn % 2 === 0 ? (again.pop() ?? randomUUID()) : undefined;
      if (id !== undefined && !open.has(id)) ids += 1;
      if (id !== undefined) open.add(id);
      else sent += 1;
      const answer = await client.send("POST /v1/visits", { body: { site: SITE, page: id ? "/id" : "/plain", id } }).catch(() => null);
      if (answer === null) return;
      expect(answer.status, answer.text).toBe(200);
      if (id === undefined) answered += 1;
      else open.delete(id);
    }
  }

  async function start() {
    const { port, process: running } = await launchNodeServer(settings);
    await waitForPort(port, running, START_MS);
    const client = createClient(url);
    const read = async () => (await client.send(`GET /v1/visits?site=${SITE}&page=/id&page=/plain`)).json();
    return { running, client, read };
  }

  for (let round = 0; round < KILLS; round += 1) {
    const { running, client, read } = await start();
    const { pages } = await read();
    expect(pages[1].visits).toBeGreaterThanOrEqual(answered);
    const again = [...open];
    const visiting = Promise.all(Array.from({ length: CLIENTS }, () => visitUntilGone(client, again)));
    await sleep(random() * LIFE_MS);
    await running.stop("SIGKILL");
    await visiting;
    client.close();
    expect(running.output()).not.toMatch(/"status":500/);
    expect(integrity(path)).toBe("ok");
    progress("SQLite, killed", round + 1, KILLS);
  }

  const { running, client, read } = await start();
  for (const id of [...open]) {
    const answer = await client.send("POST /v1/visits", { body: { site: SITE, page: "/id", id } });
    expect(answer.status).toBe(200);
  }
  const { siteVisits, pages } = await read();
  const [withIds, plain] = pages.map(({ visits }: { visits: number }) => visits);
  client.close();
  await running.stop();
  const holds = withIds === ids && plain >= answered && plain <= sent && siteVisits === withIds + plain;
  const goal = `answered ≤ count ≤ sent; ${ids} ids count ${ids}; the file is intact after each of ${KILLS} SIGKILLs`;
  report({ scenario: "SQLite, killed", sent: sent + ids, answered: answered + ids, counted: siteVisits, goal, holds });
  expect(withIds).toBe(ids);
  expect(plain).toBeGreaterThanOrEqual(answered);
  expect(plain).toBeLessThanOrEqual(sent);
  expect(siteVisits).toBe(withIds + plain);
  expect(answered).toBeGreaterThan(KILLS);
});

function integrity(path: string): unknown {
  const database = new DatabaseSync(path);
  try {
    return database.prepare("pragma integrity_check").get()?.["integrity_check"];
  } finally {
    database.close();
  }
}
