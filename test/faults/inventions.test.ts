import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { percentile } from "../../build/statistics.ts";
import { nodeOnDatastore, nodeOnSqlite, type ServiceRow, workerOnDurableObjects } from "../http/rows.ts";
import { KEY, OPEN } from "../http/service/rig.ts";
import { createClient, newSite } from "../support/http.ts";
import { failuresIn } from "../support/http-log.ts";
import { requires } from "../support/skip.ts";
import { report } from "./findings.ts";
import { flow, statusesOf, visitTo } from "./flow.ts";
import { FULL, size, TIMEOUT } from "./size.ts";

const CONNECTIONS = 64;
const SECONDS = size(3, 20);
/** Pages with visits that the service under attack has not seen yet. */
const OLD_PAGES = size(40, 200);
const MOST_MS = 200;

/** The budget of new pages is spent, and strangers go on inventing pages; readers come to old ones for the first time. */
function inventPages(row: ServiceRow): void {
  test(
    `${CONNECTIONS} connections that invent pages are refused, and every reader of an old page counts at the first try`,
    TIMEOUT,
    async () => {
      const place = await row.place();
      const site = newSite();
      const old = Array.from({ length: OLD_PAGES }, (_, index) => `/old-${index}`);
      const served = await place.start({ ...OPEN, NEW_PAGES_BURST: "1", NEW_PAGES_PER_HOUR: "1" });
      const client = createClient(served.url);
      const lines = old.map((page) => JSON.stringify({ page, visits: 1 })).join("\n");
      const imported = { headers: { ...KEY, "Idempotency-Key": randomUUID() }, body: lines };
      expect((await client.send(`POST /v1/import?site=${site}`, imported)).status).toBe(200);
      expect((await client.send("POST /v1/visits", { body: { site, page: "/first" } })).status).toBe(200);
      const flood = flow({
        port: Number(new URL(served.url).port),
        connections: CONNECTIONS,
        seconds: SECONDS,
        perSecond: Number.POSITIVE_INFINITY,
        bytes: (index) => visitTo(site, `/invented-${index}`),
      });
      const readers: number[] = [];
      for (const page of old) {
        await sleep((SECONDS * 900) / OLD_PAGES);
        readers.push((await client.send("POST /v1/visits", { body: { site, page } })).status);
      }
      const invented = await flood;
      const counted = readers.filter((status) => status === 200).length;
      const output = served.output();
      client.close();
      await served.stop();
      await place.remove();
      const figures = `invented pages: ${statusesOf(invented)}`;
      const goal = "every old page counts at the first try, and no invented page is a 503";
      const holds = counted === OLD_PAGES && !invented.statuses.has(503);
      report({
        scenario: `Invented pages, ${row.name}`,
        sent: invented.sent,
        answered: invented.latencies.length,
        counted,
        goal,
        holds,
        figures,
      });
      expect(readers).toEqual(old.map(() => 200));
      expect([...invented.statuses.keys()]).toEqual([429]);
      const told = failuresIn(
        output
          .split("\n")
          .filter((line) => line.startsWith("{"))
          .join("\n"),
      );
      expect(told).toEqual([]);
    },
  );
}

describe(nodeOnSqlite.name, () => inventPages(nodeOnSqlite));
describe(workerOnDurableObjects.name, () => inventPages(workerOnDurableObjects));
requires("emulator")(nodeOnDatastore.name, () => inventPages(nodeOnDatastore));

const INVENTORS = size(64, 256);

test(`where every site may count, ${INVENTORS} connections that invent sites do not hold up a real one`, TIMEOUT, async () => {
  const place = await nodeOnSqlite.place();
  const served = await place.start(OPEN);
  const client = createClient(served.url);
  const [port, site] = [Number(new URL(served.url).port), newSite()];
  /** A reader's visits, one after another. */
  async function visits(seconds: number): Promise<number[]> {
    const latencies: number[] = [];
    for (const end = performance.now() + seconds * 1_000; performance.now() < end; await sleep(20)) {
      const sentAt = performance.now();
      expect((await client.send("POST /v1/visits", { body: { site } })).status).toBe(200);
      latencies.push(performance.now() - sentAt);
    }
    return latencies;
  }
  const before = await visits(SECONDS);
  const flood = flow({
    port,
    connections: INVENTORS,
    seconds: 2 * SECONDS,
    perSecond: Number.POSITIVE_INFINITY,
    bytes: (index) => visitTo(`invented-${index}.example`, "/"),
  });
  await sleep(SECONDS * 1_000);
  const during = await visits(SECONDS / 2);
  const invented = await flood;
  const { sites } = (await client.send("GET /v1/sites")).json();
  client.close();
  await served.stop();
  await place.remove();
  const [calm, busy] = [percentile(before, 0.5), percentile(during, 0.5)];
  const figures = `${sites.length} sites (${statusesOf(invented)}); the real site's p50 from ${calm.toFixed(1)} to ${busy.toFixed(1)} ms`;
  const goal = `few more than 1,000 sites, the real site's p50 ≤ ${MOST_MS} ms`;
  const holds = sites.length < 1_100 && busy <= MOST_MS;
  report({
    scenario: "Invented sites, sqlite",
    sent: invented.sent,
    answered: invented.latencies.length,
    counted: sites.length,
    goal,
    holds,
    figures,
  });
  expect(sites.length).toBeLessThan(1_100);
  if (FULL) expect(busy).toBeLessThanOrEqual(MOST_MS);
});
