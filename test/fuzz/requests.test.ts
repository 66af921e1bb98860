import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { size, TIMEOUT } from "../faults/size.ts";
import { nodeOnSqlite, type Place, type ServiceRow, workerOnDurableObjects } from "../http/rows.ts";
import { OPEN } from "../http/service/rig.ts";
import type { Served } from "../support/artefacts.ts";
import { type Client, createClient } from "../support/http.ts";
import { failuresIn } from "../support/http-log.ts";
import { RAW, SHOTS } from "./attacks.ts";
import { createTally, judge, sumOfSites, type Tally } from "./law.ts";
import { anyBytes, anyShot, isOrdinary } from "./requests.ts";
import { bytesOf, fire, type Shot } from "./wire.ts";

const RUNS = size(400, 20_000);
const PATIENCE_MS = 5_000;

describe.each<{ row: ServiceRow; parses: boolean }>([
  { row: nodeOnSqlite, parses: true },
  // In front of it, Cloudflare's own servers read the bytes.
  { row: workerOnDurableObjects, parses: false },
])("whatever is sent to $row.name", ({ row, parses }) => {
  let place: Place;
  let served: Served;
  let client: Client;
  const tally: Tally = createTally();

  beforeAll(async () => {
    place = await row.place();
    served = await place.start(OPEN);
    client = createClient(served.url);
  });

  afterAll(async () => {
    client?.close();
    await served?.stop();
    await place?.remove();
  });

  async function shoot(shot: Shot, bytes = bytesOf(shot)): Promise<number> {
    if (!parses && !isOrdinary(shot)) return 0;
    const answers = await fire(Number(new URL(served.url).port), bytes, PATIENCE_MS);
    if (answers.length === 0) tally.maybe += 1;
    for (const answer of answers) judge(answer, shot, tally);
    return answers.length;
  }

  /** Nothing was counted that was not asked for, and the service is well. */
  async function settle(): Promise<void> {
    const sum = await sumOfSites(client);
    expect(sum).toBeGreaterThanOrEqual(tally.counted);
    expect(sum).toBeLessThanOrEqual(tally.counted + tally.maybe);
    expect((await client.send("GET /v1/health")).status).toBe(200);
    // workerd's own lines, of bytes that it has refused, are no JSON.
    const lines = served
      .output()
      .split("\n")
      .filter((line) => line.startsWith("{"));
    expect(failuresIn(lines.join("\n"))).toEqual([]);
  }

  test("every known attack is answered as it should be", TIMEOUT, async () => {
    for (const shot of SHOTS) await shoot(shot);
    await settle();
  });

  test("every request that HTTP allows is answered as it should be, and counts only what says so", TIMEOUT, async () => {
    await fc.assert(
      fc.asyncProperty(anyShot, async (shot) => void (await shoot(shot))),
      { numRuns: RUNS },
    );
    expect([...tally.statuses.keys()]).toEqual(expect.arrayContaining([200, 204, 400, 401, 404, 405]));
    expect(tally.counted).toBeGreaterThan(0);
    await settle();
  });

  if (!parses) return;

  describe("as bytes", () => {
    test.each(RAW)("$name is answered at most as often as it asks", TIMEOUT, async ({ bytes, answers }) => {
      const raw = Buffer.from(bytes, "latin1");
      expect(await shoot({ method: "", target: bytes.slice(0, 300), headers: [], body: null }, raw)).toBeLessThanOrEqual(answers);
      await settle();
    });

    test("broken requests are refused or closed on", TIMEOUT, async () => {
      const broken = fc.asyncProperty(anyShot, anyBytes, async (shot, breakIt) => {
        await shoot(shot, breakIt(bytesOf(shot)));
      });
      await fc.assert(broken, { numRuns: RUNS });
      await settle();
    });
  });
});
