import { randomUUID } from "node:crypto";
import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ROOT } from "../../../build/root.ts";
import { type NodeServer, startNodeServer } from "../../support/artefacts.ts";
import { type FakeCounter, startFakeCounter } from "./fake-counter.ts";
import { SAMPLES, SITE } from "./samples.ts";

const KEY = "an-import-key";
const COMMAND_MS = 60_000;

let folder: string;
let server: NodeServer;
let id: string;
beforeEach(() => {
  id = randomUUID();
});
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-from-"));
  server = await startNodeServer({
    STORE: "sqlite",
    SQLITE_PATH: ":memory:",
    SITES: SITE,
    ADMIN_KEY: KEY,
    VISITORS: "daily",
    CLIENT_IP_HEADER: "socket",
  });
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await request("DELETE", `/v1/sites?site=${SITE}`);
});

/**
 * Starts `npm run import` where its readings may lie. Each test has a name for its import: what was added under the name that is made of
 * the content is not added again, also where it was removed meanwhile.
 */
function startImport(args: readonly string[]) {
  return execa(process.execPath, [join(ROOT, "build", "operate", "import.ts"), ...args, "--id", id, "--site", SITE, "--url", server.url], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ADMIN_KEY: KEY },
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    timeout: COMMAND_MS,
    killSignal: "SIGKILL",
  });
}

async function request(method: string, path: string) {
  const response = await fetch(`${server.url}${path}`, { method, headers: { "X-API-Key": KEY } });
  return response.ok ? await response.text() : Promise.reject(new Error(`${method} ${path} was answered ${response.status}`));
}

interface Totals {
  readonly siteVisits: number;
  readonly siteVisitors: number;
  readonly pages: readonly { readonly page: string; readonly visits: number; readonly visitors: number }[];
}

async function totals(pages: readonly string[] = []): Promise<Totals> {
  const query = new URLSearchParams([["site", SITE], ...pages.map((page): [string, string] => ["page", page])]);
  return JSON.parse(await request("GET", `/v1/visits?${query}`)) as Totals;
}

/** One of each counter, that with the site's total where there is one. */
const ONE_EACH = SAMPLES.filter((sample) => {
  const own = SAMPLES.filter(({ from }) => from === sample.from);
  return sample === (own.find(({ unattributed }) => unattributed !== undefined) ?? own[0]);
});

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

describe("npm run import -- --from, into the built server", () => {
  test.each(ONE_EACH)("$from, $what: the numbers shown before are those that are there after", async (sample) => {
    const { from, bytes, pages, visitors = {}, unattributed = 0, siteVisitors = 0 } = sample;
    const file = join(folder, "export");
    await writeFile(file, bytes);
    const whole = sum(Object.values(pages)) + unattributed;

    const dryRun = await startImport([file, "--from", from, "--dry-run"]);
    expect(dryRun.stdout, dryRun.stderr).toContain(`with ${whole} visits would be added to ${SITE}; nothing was sent.`);
    expect((await totals()).siteVisits).toBe(0);

    const added = await startImport([file, "--from", from]);
    expect(added.stdout, added.stderr).toContain(`with ${whole} visits are in ${SITE}`);
    const again = await startImport([file, "--from", from]);
    expect(again.exitCode).toBe(0);

    const found = await totals(Object.keys(pages));
    expect(Object.fromEntries(found.pages.map(({ page, visits }) => [page, visits]))).toEqual(pages);
    expect(Object.fromEntries(found.pages.flatMap((page) => (page.visitors > 0 ? [[page.page, page.visitors]] : [])))).toEqual(visitors);
    // An answer never shows a site with fewer visitors than one of its pages.
    expect([found.siteVisits, found.siteVisitors]).toEqual([whole, Math.max(siteVisitors, ...Object.values(visitors))]);
  });

  test("NDJSON with a byte order mark", async () => {
    const file = join(folder, "pages.ndjson");
    await writeFile(file, '\ufeff{"page":"/a","visits":3}\n');
    const { stdout, stderr } = await startImport([file]);
    expect(stdout, stderr).toContain("1 lines with 3 visits are in example.com");
  });

  test("says what --from takes, and what a file is that is no export", async () => {
    expect(await startImport(["x", "--from", "matomo"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('--from is "matomo"; allowed is leancloud, goatcounter, plausible'),
    });
    const file = join(folder, "wrong.csv");
    await writeFile(file, "title\nx\n");
    expect(await startImport([file, "--from", "plausible"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("Nothing was sent: wrong.csv has the columns title; allowed are Plausible's"),
    });
  });
});

describe("npm run import -- --from a live counter", () => {
  let counter: FakeCounter;
  afterEach(() => counter.stop());

  const PAGES = { "/": 100, "/post": 40, "/%E4%BD%A0": 7 };
  const READ = { vercount: 13, busuanzi: 13, hits: 0 } as const;

  test.each(["vercount", "busuanzi", "hits"] as const)("%s, killed while it reads and started again", async (from) => {
    counter = await startFakeCounter({ pages: PAGES, siteVisits: 160, siteVisitors: 60 });
    counter.mishaps.push(null, "hold");
    const args = [`${counter.url}/sitemap.xml`, "--from", from, "--counter", counter.url];
    const first = startImport(args);
    while (counter.requests.length < 2) await sleep(20);
    first.kill("SIGKILL");
    expect((await first).exitCode).toBeUndefined();
    expect((await totals()).siteVisits).toBe(0);

    const second = await startImport(args);
    expect(second.exitCode, second.stderr).toBe(0);
    expect(second.stderr).toContain(
      "1 entries of the sitemap are no pages of example.com and are not read, such as https://other.example/stray",
    );
    // The readings are kept, so the same lines are sent, which adds nothing.
    const read = counter.requests.length;
    expect((await startImport(args)).exitCode).toBe(0);
    expect([read, counter.requests.length]).toEqual([4, 4]);

    const found = await totals(Object.keys(PAGES));
    expect(Object.fromEntries(found.pages.map(({ page, visits }) => [page, visits]))).toEqual(PAGES);
    expect([found.siteVisits, found.siteVisitors]).toEqual([147 + READ[from], from === "hits" ? 0 : 60]);
    const kept = join(folder, `footfall-${from}-${SITE}.jsonl`);
    await access(kept);
    expect((await startImport([kept, "--from", from, "--dry-run"])).stdout).toContain(`with ${147 + READ[from]} visits would be added`);
    expect(await readFile(kept, "utf8")).toMatch(/\{"complete":true\}\n$/);
  });
});
