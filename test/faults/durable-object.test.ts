import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Miniflare } from "miniflare";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../../build/process.ts";
import { DIST } from "../../build/root.ts";
import { miniflareOptions } from "../../build/workerd.ts";
import { OPEN } from "../http/service/rig.ts";
import { type Client, createClient, newSite } from "../support/http.ts";
import { bundleWorker } from "../support/miniflare.ts";
import { progress, report } from "./findings.ts";
import { size, TIMEOUT } from "./size.ts";

const IDS = size(600, 30_000);
const RESTARTS = size(2, 30);
const CLIENTS = 32;
const PAUSE_MS = 20;

let folder = "";
const running: { close(): unknown }[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-objects-"));
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a worker; `restart` kills workerd at once and starts it again on the same data. */
async function startWorker(script: string): Promise<{ client: Client; restart(): Promise<void> }> {
  const port = await freePort();
  // Silent: its log would only show the faults of this test.
  const options = { ...miniflareOptions({ script, vars: OPEN, persist: folder, port }), handleRuntimeStdio: () => {} };
  const miniflare = new Miniflare(options);
  await miniflare.ready;
  const client = createClient(`http://127.0.0.1:${port}`);
  running.push(client, { close: () => miniflare.dispose() });
  return { client, restart: () => miniflare.setOptions(options) };
}

/** Counts `IDS` ids, each sent until it is answered; reports and checks the stored total. */
async function countAll(scenario: string, client: Client, tick: (answered: number) => void = () => {}): Promise<void> {
  const site = newSite();
  let sent = 0;
  let next = 0;
  let answered = 0;
  let unknown = 0;
  const visitor = async () => {
    while (next < IDS) {
      next += 1;
      for (const body = { site, id: randomUUID() }; ; await sleep(PAUSE_MS)) {
        sent += 1;
        const answer = await client.send("POST /v1/visits", { body }).catch(() => null);
        if (answer?.status === 200) break;
        unknown += 1;
        // While workerd restarts, Miniflare answers in its place.
        if (answer?.headers["x-request-id"]) expect(answer.status, answer.text).toBe(503);
      }
      tick(++answered);
      progress(scenario, answered, IDS);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, visitor));
  const { siteVisits } = (await client.send(`GET /v1/visits?site=${site}`)).json();
  const figures = `${unknown} sends refused or without an answer`;
  report({ scenario, sent, answered, counted: siteVisits, goal: `the count is ${IDS}`, holds: siteVisits === IDS, figures });
  expect(siteVisits).toBe(IDS);
}

test(`each of ${IDS} ids counts once while its Durable Object restarts during calls`, TIMEOUT, async () => {
  const { client } = await startWorker(await bundleWorker(new URL("../support/restarting-worker.ts", import.meta.url)));
  await countAll("Durable Object restarts", client);
});

test(`each of ${IDS} ids counts once while workerd is killed ${RESTARTS} times under load`, TIMEOUT, async () => {
  const { client, restart } = await startWorker(await readFile(join(DIST, "worker", "index.js"), "utf8"));
  let restarted = 0;
  let restarting: Promise<void> = Promise.resolve();
  await countAll("workerd killed", client, (answered) => {
    if (restarted === RESTARTS || answered < ((restarted + 1) * IDS) / (RESTARTS + 1)) return;
    restarted += 1;
    restarting = restarting.then(restart);
  });
  await restarting;
  expect(restarted).toBe(RESTARTS);
});
