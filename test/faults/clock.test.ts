import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodeOnDatastore, nodeOnSqlite, type ServiceRow } from "../http/rows.ts";
import { OPEN } from "../http/service/rig.ts";
import type { NodeServer } from "../support/artefacts.ts";
import { type Client, createClient, newSite } from "../support/http.ts";
import { requires } from "../support/skip.ts";
import { report } from "./findings.ts";
import { size, TIMEOUT } from "./size.ts";

const CLOCK = new URL("../support/shifted-clock.ts", import.meta.url);
const NOON = Date.parse("2026-11-22T12:00:00Z");
const MIDNIGHT = Date.parse("2026-11-23T00:00:00Z");
const HOUR_MS = 3_600_000;
const CLIENTS = 16;
/** How long visits are sent before midnight, after it, and between two clock jumps. */
const WHILE_MS = size(400, 10_000);
/** Clock jumps while visits are counted, in hours from noon; no id becomes older than a day. */
const JUMPS_H = [11.9, -0.5, -11, 11, 0];

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-clock-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Starts a server whose clock shows `time` and can be set. */
async function startAt(row: ServiceRow<NodeServer>, time: number) {
  const place = await row.place();
  const file = join(folder, "clock");
  let offset = 0;
  const set = async (to: number) => {
    offset = to - Date.now();
    await writeFile(file, String(offset));
  };
  await set(time);
  const served = await place.start({ ...OPEN, CLOCK_FILE: file, NODE_OPTIONS: `--import ${CLOCK.href}` });
  const client = createClient(served.url);
  return {
    client,
    output: served.output,
    /** The time of its clock. */
    now: () => Date.now() + offset,
    async jump(to: number) {
      await set(to);
      process.kill(served.process.pid, "SIGUSR2");
    },
    async stop() {
      client.close();
      await served.stop();
      await place.remove();
    },
  };
}

/** Sends one visit with an id until it is answered 200; `true` where it was counted. */
async function count(client: Client, site: string, id: string): Promise<boolean> {
  for (;;) {
    const answer = await client.send("POST /v1/visits", { body: { site, id } });
    if (answer.status === 200) return answer.json().counted;
    expect(answer.status, answer.text).toBe(503);
    await sleep(20);
  }
}

/** The visits by day, of days that have some. */
async function daysOf(client: Client, site: string): Promise<Record<string, number>> {
  const { points } = (await client.send(`GET /v1/series?site=${site}&from=2026-11-01&to=2026-12-31`)).json();
  const dated = points.filter(({ visits }: { visits: number }) => visits > 0);
  return Object.fromEntries(dated.map(({ date, visits }: { date: string; visits: number }) => [date, visits]));
}

function clock(row: ServiceRow<NodeServer>): void {
  test("gives each visit the day on which it was accepted, also around midnight", TIMEOUT, async () => {
    const server = await startAt(row, NOON);
    const site = newSite();
    await count(server.client, site, randomUUID());
    await server.jump(MIDNIGHT - WHILE_MS);
    let before = 1;
    let after = 0;
    let all = 1;
    const visitor = async () => {
      while (server.now() < MIDNIGHT + WHILE_MS) {
        const sentAt = server.now();
        expect(await count(server.client, site, randomUUID())).toBe(true);
        all += 1;
        if (server.now() < MIDNIGHT - 50) before += 1;
        if (sentAt > MIDNIGHT + 50) after += 1;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, visitor));
    const { "2026-11-22": first = 0, "2026-11-23": second = 0, ...others } = await daysOf(server.client, site);
    await server.stop();
    const holds = first >= before && second >= after && first + second === all;
    report({ scenario: `Midnight, ${row.store}`, sent: all, answered: all, counted: first + second, goal: "each visit on its day", holds });
    expect(others).toEqual({});
    expect(first).toBeGreaterThanOrEqual(before);
    expect(second).toBeGreaterThanOrEqual(after);
    expect(first + second).toBe(all);
    expect(Math.min(before, after)).toBeGreaterThan(1);
  });

  test("counts each id once while the clock jumps back and forth", TIMEOUT, async () => {
    const server = await startAt(row, NOON);
    const site = newSite();
    const ids: string[] = [];
    let jumping = true;
    const visitor = async () => {
      while (jumping) {
        const id = randomUUID();
        await count(server.client, site, id);
        ids.push(id);
      }
    };
    const jumps = async () => {
      for (const hours of JUMPS_H) {
        await sleep(WHILE_MS);
        await server.jump(NOON + hours * HOUR_MS);
        // One of the first ids: it must be known after every jump.
        expect(await count(server.client, site, ids[0] ?? "")).toBe(false);
      }
      await sleep(WHILE_MS);
      jumping = false;
    };
    await Promise.all([jumps(), ...Array.from({ length: CLIENTS }, visitor)]);
    const again = await Promise.all(ids.slice(-CLIENTS).map((id) => count(server.client, site, id)));
    const { siteVisits } = (await server.client.send(`GET /v1/visits?site=${site}`)).json();
    const days = await daysOf(server.client, site);
    await server.stop();
    const holds = siteVisits === ids.length;
    report({
      scenario: `Clock jumps, ${row.store}`,
      sent: ids.length,
      answered: ids.length,
      counted: siteVisits,
      goal: "each id once",
      holds,
    });
    expect(again).toEqual(again.map(() => false));
    expect(siteVisits).toBe(ids.length);
    expect(days).toEqual({ "2026-11-22": ids.length });
    expect(server.output()).not.toMatch(/"status":500/);
  });
}

describe(`the clock of ${nodeOnSqlite.name}`, () => clock(nodeOnSqlite));
requires("emulator")(`the clock of ${nodeOnDatastore.name}`, () => clock(nodeOnDatastore));
