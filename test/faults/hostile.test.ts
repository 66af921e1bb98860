import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { RAW } from "../fuzz/attacks.ts";
import { openLine } from "../fuzz/barrage.ts";
import { createTally, judge, sumOfSites } from "../fuzz/law.ts";
import { anyBytes, anyShot } from "../fuzz/requests.ts";
import { bytesOf, fire, type Shot } from "../fuzz/wire.ts";
import { nodeOnSqlite, type Place } from "../http/rows.ts";
import { OPEN } from "../http/service/rig.ts";
import type { NodeServer } from "../support/artefacts.ts";
import { createClient } from "../support/http.ts";
import { failuresIn } from "../support/http-log.ts";
import { progress, report } from "./findings.ts";
import { MEMORY_MB, memoryOf } from "./memory.ts";
import { FULL, size, TIMEOUT } from "./size.ts";

const REQUESTS = size(10_000, 1_000_000);
/** Many, so that the visits among them share commits. */
const CONNECTIONS = size(64, 256);
/** Different requests that are generated. */
const DRAWN = size(1_000, 20_000);
/** One request in so many is a visit of the known page; one in so many is broken HTTP, on its own connection. */
const KNOWN_EVERY = 50;
const BROKEN_EVERY = 40;
/** Requests before memory is measured, so that code is compiled and caches are filled. */
const WARM_UP = size(500, 50_000);
/** A server that is quiet is tidied up within 20 s: the first look may still see what it has just done. */
const REST_MS = size(0, 40_000);
const MOST_GROWTH = 1.5;
const PATIENCE_MS = 5_000;

let place: Place<NodeServer>;
let served: NodeServer;
afterEach(async () => {
  await served?.stop();
  await place?.remove();
});

test(`${REQUESTS} hostile requests are answered, count nothing, and leave the service healthy`, TIMEOUT, async () => {
  place = await nodeOnSqlite.place();
  served = await place.start(OPEN);
  const port = Number(new URL(served.url).port);
  const client = createClient(served.url);
  const shots = fc.sample(anyShot, DRAWN).map((shot): [Shot, Buffer] => [shot, bytesOf(shot)]);
  const broken = [
    ...RAW.map(({ bytes }) => Buffer.from(bytes, "latin1")),
    ...fc.sample(fc.tuple(anyShot, anyBytes), DRAWN).map(([shot, breakIt]) => breakIt(bytesOf(shot))),
  ];
  const known = bytesOf({ method: "POST", target: "/v1/visits", headers: [], body: '{"site":"known.example","page":"/known"}' });
  const tally = createTally();
  let asked = 0;
  let sent = 0;

  async function send(index: number, line: ReturnType<typeof openLine>): Promise<void> {
    if (index % KNOWN_EVERY === 0) {
      const answer = await line.exchange(known, false);
      expect(answer, `visit ${asked} of the known page`).toMatchObject({ status: 200, text: expect.stringContaining('"counted":true') });
      asked += 1;
      tally.counted += 1;
    } else if (index % BROKEN_EVERY === 1) {
      const answers = await fire(port, broken[index % broken.length] ?? known, PATIENCE_MS);
      if (answers.length === 0) tally.maybe += 1;
      for (const answer of answers) judge(answer, null, tally);
    } else {
      const [shot, bytes] = shots[index % shots.length] ?? [null, known];
      const answer = await line.exchange(bytes, shot?.method === "HEAD");
      if (answer) judge(answer, shot, tally);
      else tally.maybe += 1;
      // After an upgrade the connection speaks another protocol.
      if (shot?.headers.some(([name]) => name === "Upgrade")) line.close();
    }
  }

  async function barrage(total: number): Promise<void> {
    const end = sent + total;
    const lines = Array.from({ length: CONNECTIONS }, () => openLine(port));
    const work = async (line: ReturnType<typeof openLine>) => {
      while (sent < end) {
        await send(sent++, line);
        progress("hostile", sent, WARM_UP + REQUESTS);
      }
    };
    await Promise.all(lines.map(work)).finally(() => {
      for (const line of lines) line.close();
    });
  }

  await barrage(WARM_UP);
  await sleep(REST_MS);
  const idleMb = memoryOf(served.process.pid);
  const began = performance.now();
  await barrage(REQUESTS);
  const seconds = (performance.now() - began) / 1_000;
  await sleep(REST_MS);
  const afterMb = memoryOf(served.process.pid);

  const sum = await sumOfSites(client);
  const { pages } = (await client.send("GET /v1/visits?site=known.example&page=/known")).json();
  client.close();
  const exact =
    failuresIn(served.output()).length === 0 && pages[0].visits === asked && sum >= tally.counted && sum <= tally.counted + tally.maybe;
  const statuses = [...tally.statuses].sort(([one], [other]) => one - other).map(([status, count]) => `${count} × ${status}`);
  const figures = `${Math.round(REQUESTS / seconds)} requests a second; ${Math.round(idleMb)} MB before, ${Math.round(afterMb)} MB after; ${statuses.join(", ")}`;
  const goal = `no 500, no crash, all ${asked} visits of the known page counted, and at most ${tally.maybe} that did not say so; memory ≤ ${MOST_GROWTH}×`;
  const lean = afterMb <= (FULL ? Math.min(MEMORY_MB, MOST_GROWTH * idleMb) : MEMORY_MB);
  report({ scenario: "Hostile requests", sent: sent, answered: tally.counted, counted: sum, goal, holds: exact && lean, figures });
  expect(failuresIn(served.output())).toEqual([]);
  expect(pages[0].visits).toBe(asked);
  expect(sum).toBeGreaterThanOrEqual(tally.counted);
  expect(sum).toBeLessThanOrEqual(tally.counted + tally.maybe);
  expect(afterMb).toBeLessThanOrEqual(FULL ? Math.min(MEMORY_MB, MOST_GROWTH * idleMb) : MEMORY_MB);
});
