import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { percentile } from "../../build/statistics.ts";
import { KEY, OPEN } from "../http/service/rig.ts";
import { type NodeServer, startNodeServer } from "../support/artefacts.ts";
import { type Client, createClient, newSite } from "../support/http.ts";
import { report } from "./findings.ts";
import { memoryOf } from "./memory.ts";
import { FULL, size, TIMEOUT } from "./size.ts";

/** The contract: no visit takes longer. */
const REFUSED_WITHIN_MS = 8_500;
/** Who reads, or asks for the health, does not feel that another process has locked the file. */
const READ_WITHIN_MS = size(1_000, 500);
const LOCKED_MS = size(3_000, 30_000);
const PAGES = size(1_500, 6_000);
const DAYS = 365;
/** Pages that have been counted for long. */
const LONG_PAGES = 500;
const LONG_DAYS = 2_500;
const EXPORT_MB = 300;
const SAMPLE_MS = 20;
const LISTERS = 4;
const LISTING_MS = size(3_000, 30_000);
/** What lists may add to a visit. On a busy machine only half of the visits tell. */
const LATENCY_MS = 50;
const MEASURED = size(0.5, 0.99);
const PAUSE_MS = 5;

let folder = "";
let file = "";
let served: NodeServer;
let client: Client;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-held-"));
  file = join(folder, "visits.sqlite");
  served = await startNodeServer({ ...OPEN, STORE: "sqlite", SQLITE_PATH: file });
  client = createClient(served.url);
});
afterEach(async () => {
  client.close();
  await served.stop();
  await rm(folder, { recursive: true, force: true });
});

/** How long requests take, one after another. */
async function latencies(during: () => boolean, send: () => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  while (during()) {
    const startedAt = performance.now();
    await send();
    found.push(performance.now() - startedAt);
    await sleep(PAUSE_MS);
  }
  return found;
}

const visit = (site: string) => client.send("POST /v1/visits", { body: { site, page: "/a" } });

test(
  `for ${LOCKED_MS} ms in which another process has the database locked, reads go on, and each visit is answered in time`,
  TIMEOUT,
  async () => {
    const site = newSite();
    expect((await visit(site)).status).toBe(200);
    const other = new DatabaseSync(file);
    other.exec("begin immediate");
    let locked = true;
    const visits = Array.from({ length: 8 }, async (_, index) => {
      const statuses: number[] = [];
      // Of several sites, which are written one by one.
      const taken = await latencies(
        () => locked,
        async () => statuses.push((await visit(index < 4 ? site : newSite())).status),
      );
      return { statuses, taken };
    });
    const during = () => locked;
    const reads = latencies(during, async () => expect((await client.send(`GET /v1/visits?site=${site}&page=/a`)).status).toBe(200));
    const lists = latencies(during, async () => expect((await client.send(`GET /v1/pages?site=${site}`)).status).toBe(200));
    const health = latencies(during, async () => expect((await client.send("GET /v1/health")).status).toBe(200));
    await sleep(LOCKED_MS);
    other.exec("rollback");
    locked = false;
    other.close();
    const all = await Promise.all(visits);
    const statuses = all.flatMap((one) => one.statuses);
    const slowest = Math.max(...all.flatMap(({ taken }) => taken));
    const read = percentile((await Promise.all([reads, lists, health])).flat(), 0.99);
    const figures = `slowest visit ${Math.round(slowest)} ms; reads, lists and health p99 ${Math.round(read)} ms`;
    const goal = `visits within ${REFUSED_WITHIN_MS} ms, reads within ${READ_WITHIN_MS} ms`;
    const holds = slowest <= REFUSED_WITHIN_MS && read <= READ_WITHIN_MS;
    const answered = statuses.filter((status) => status === 200).length;
    report({ scenario: "Locked by another process, sqlite", sent: statuses.length, answered, counted: answered, goal, holds, figures });
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(slowest).toBeLessThanOrEqual(REFUSED_WITHIN_MS);
    expect(read).toBeLessThanOrEqual(READ_WITHIN_MS);
    expect((await visit(site)).status).toBe(200);
  },
);

/** A site with visits on each of so many days, on every page. */
function fill(site: string, pages: number, days: number): void {
  const database = new DatabaseSync(file);
  const day = "date('2026-11-28', '-' || n || ' days')";
  const names = "with recursive page(name, n) as (select '/page-1', 1 union all select '/page-' || (n + 1), n + 1 from page where n < ?2)";
  const dates = "with recursive dates(n) as (select 0 union all select n + 1 from dates where n < ?2 - 1)";
  database.exec("begin");
  database.prepare(`${names} insert into counter (site, page, visits) select ?1, name, ?3 from page`).run(site, pages, days);
  database.prepare("insert into counter (site, page, visits) values (?1, '', ?2)").run(site, pages * days);
  const each = `${dates} insert into day (site, page, day, visits) select ?1, page, ${day}, case page when '' then ?3 else 1 end from counter, dates`;
  database.prepare(`${each} where site = ?1`).run(site, days, pages);
  database.exec("commit");
  database.close();
}

test(`lists of ${PAGES} pages and a year hold no visit up`, TIMEOUT, async () => {
  const site = newSite();
  expect((await visit(site)).status).toBe(200);
  const big = newSite();
  fill(big, PAGES, DAYS);
  let listing = true;
  let listed = 0;
  const listers = Array.from({ length: LISTERS }, async (_, index) => {
    const which = index % 2 === 0 ? "limit=1000" : "limit=100&sort=visits";
    while (listing) {
      const answer = await client.send(`GET /v1/pages?site=${big}&from=2025-12-01&to=2026-11-28&${which}`);
      if (answer.status === 200) listed += 1;
    }
  });
  const end = performance.now() + LISTING_MS;
  const taken = await latencies(
    () => performance.now() < end,
    async () => expect((await visit(site)).status).toBe(200),
  );
  listing = false;
  await Promise.all(listers);
  const latency = percentile(taken, MEASURED);
  const figures = `${listed} lists; visits p50 ${percentile(taken, 0.5).toFixed(1)} ms, p99 ${percentile(taken, 0.99).toFixed(1)} ms, at most ${Math.max(...taken).toFixed(0)} ms`;
  const goal = `p99 of visits ≤ ${LATENCY_MS} ms`;
  const holds = latency <= LATENCY_MS;
  report({
    scenario: `Lists of ${PAGES} pages × ${DAYS} days, sqlite`,
    sent: taken.length,
    answered: taken.length,
    counted: taken.length,
    goal,
    holds,
    figures,
  });
  expect(listed).toBeGreaterThan(0);
  expect(latency, FULL ? figures : undefined).toBeLessThanOrEqual(LATENCY_MS);
});

test(`an export of ${LONG_PAGES} pages of ${LONG_DAYS} days takes little memory`, TIMEOUT, async () => {
  const site = newSite();
  fill(site, LONG_PAGES, LONG_DAYS);
  const idleMb = memoryOf(served.process.pid);
  let mostMb = 0;
  const sampling = setInterval(() => {
    mostMb = Math.max(mostMb, memoryOf(served.process.pid));
  }, SAMPLE_MS);
  const exported = client.send(`GET /v1/export?site=${site}&limit=5000`, { headers: KEY });
  const { status, text, headers } = await exported.finally(() => clearInterval(sampling));
  const holds = mostMb <= EXPORT_MB;
  const figures = `${Math.round(idleMb)} MB before, at most ${Math.round(mostMb)} MB, for ${(text.length / 1e6).toFixed(1)} MB`;
  const goal = `at most ${EXPORT_MB} MB`;
  report({
    scenario: `An export of ${LONG_PAGES} pages × ${LONG_DAYS} days, sqlite`,
    sent: 1,
    answered: 1,
    counted: 0,
    goal,
    holds,
    figures,
  });
  expect([status, headers["link"]]).toEqual([200, expect.stringContaining("after=")]);
  expect(mostMb, figures).toBeLessThanOrEqual(EXPORT_MB);
});
