import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectTo } from "../../build/operate/service.ts";
import { type NodeServer, startNodeServer } from "../support/artefacts.ts";
import { emulatorHost } from "../support/emulator.ts";
import { requires } from "../support/skip.ts";
import { runCommand, startCommand } from "./command.ts";

/** Pages of the import; the whole size is 100,000. */
const PAGES = Number(process.env["IMPORT_PAGES"] ?? 6_000);
/** The server's memory at its most, in MB. */
const MEMORY_MAX_MB = 256;
const PATIENCE_MS = Math.max(600_000, PAGES * 30);
const KEY = "an-import-key";
const SITE = "imported.example";

interface Line {
  readonly page: string;
  visits: number;
  readonly days: Record<string, number>;
}

function lineOf(index: number): Line {
  const days = Object.fromEntries(
    [0, 1, 2].map((step) => [`2026-0${1 + ((index + 3 * step) % 9)}-1${index % 10}`, 1 + ((index + step) % 7)]),
  );
  const dated = Object.values(days).reduce((sum, visits) => sum + visits, 0);
  return { page: `/posts/${index % 10}/an-ordinary-title-${index}`, visits: dated + (index % 5), days };
}

const text = (lines: readonly Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");
const sumOf = (lines: readonly Line[]): number => lines.reduce((sum, { visits }) => sum + visits, 0);

function suite(settings: () => Promise<Record<string, string>>): void {
  let folder: string;
  let file: string;
  const servers: NodeServer[] = [];

  async function serve(): Promise<NodeServer> {
    const own = {
      ADMIN_KEY: KEY,
      SITES: SITE,
      VISITS_PER_MINUTE: "1000000",
      SQLITE_PATH: join(folder, `${randomUUID()}.sqlite`),
    };
    const server = await startNodeServer({ ...own, ...(await settings()) });
    servers.push(server);
    return server;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "footfall-import-"));
    file = join(folder, "pages.ndjson");
    await writeFile(file, text(Array.from({ length: PAGES }, (_, index) => lineOf(index))));
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  test(`${PAGES} pages are imported while visits are counted, killed midway and started again: exact, and exported whole`, {
    timeout: PATIENCE_MS,
  }, async () => {
    const expected = Array.from({ length: PAGES }, (_, index) => lineOf(index));
    const total = sumOf(expected);
    const server = await serve();
    const visitors = countWhile(server.url, expected);
    const args = [file, "--url", server.url];

    const first = startCommand("import", args, { ADMIN_KEY: KEY });
    while ((await siteVisits(server.url)) < total * 0.4) await sleep(50);
    first.kill();
    expect(await first.ended).toMatchObject({ code: null });
    const partial = await siteVisits(server.url);
    expect(partial).toBeLessThan(total);

    const second = await runCommand("import", args, { ADMIN_KEY: KEY });
    expect(second).toMatchObject({
      code: 0,
      output: expect.stringContaining(`${PAGES.toLocaleString("en-US")} lines with ${total.toLocaleString("en-US")} visits are in ${SITE}`),
    });
    const counted = await visitors.stop();
    expect(counted).toBeGreaterThan(0);
    expect(await siteVisits(server.url)).toBe(total + counted);

    const out = join(folder, "exported.ndjson");
    const whole = await runCommand("export", ["--url", server.url, "--out", out], { ADMIN_KEY: KEY });
    expect(whole, `${whole.errors}${server.output()}`).toMatchObject({ code: 0 });
    const exported = await readFile(out, "utf8");
    const byPage = (one: Line, other: Line) => (one.page < other.page ? -1 : 1);
    const unattributed = { page: null, visits: 0 };
    expect(linesOf(exported)).toEqual([unattributed, ...expected.toSorted(byPage)]);

    const empty = await serve();
    expect(await runCommand("import", [out, "--url", empty.url], { ADMIN_KEY: KEY })).toMatchObject({ code: 0 });
    const again = await runCommand("export", ["--url", empty.url], { ADMIN_KEY: KEY });
    expect({ code: again.code, same: again.output === exported }).toEqual({ code: 0, same: true });
    expect(await siteVisits(empty.url)).toBe(total + counted);
    for (const { process } of servers) expect(await memory(process.pid)).toBeLessThan(MEMORY_MAX_MB);
  });
}

/** Counts visits of the import's own pages until it is stopped, and adds them to what is expected. */
function countWhile(url: string, lines: readonly Line[]): { stop(): Promise<number> } {
  const today = new Date().toISOString().slice(0, 10);
  let counting = true;
  let counted = 0;
  const visitor = async (start: number) => {
    for (let index = start; counting; index = (index + 7) % lines.length) {
      const line = lines[index];
      if (!line) break;
      await count(url, JSON.stringify({ page: line.page, id: randomUUID() }));
      counted += 1;
      line.visits += 1;
      line.days[today] = (line.days[today] ?? 0) + 1;
    }
  };
  const visitors = Promise.all([visitor(0), visitor(1), visitor(2)]);
  // Told by stop().
  visitors.catch(() => {});
  return {
    async stop() {
      counting = false;
      await visitors;
      return counted;
    },
  };
}

/** Counts a visit; as long as the store is too busy (503) the same id is sent again. */
async function count(url: string, body: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/v1/visits`, { method: "POST", body, signal: AbortSignal.timeout(30_000) });
    const text = await response.text();
    if (response.status === 200) return;
    if (response.status !== 503) throw new Error(`a visit was answered ${response.status}: ${text}`);
    await sleep(1_000);
  }
}

async function siteVisits(url: string): Promise<number> {
  const { siteVisits: visits } = (await (await connectTo({ url }).request("/v1/visits")).json()) as { siteVisits: number };
  return visits;
}

function linesOf(ndjson: string): Line[] {
  return ndjson
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** The most memory that a process ever had, in MB. */
async function memory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const most = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_000;
  console.log(`the server's memory: ${Math.round(most)} MB at most`);
  return most;
}

describe("the Node server on SQLite", () => suite(async () => ({ STORE: "sqlite" })));
requires("emulator")("the Node server on Datastore", () =>
  suite(async () => ({ DATASTORE_EMULATOR_HOST: await emulatorHost(), DATASTORE_PROJECT_ID: `import-${randomUUID().slice(0, 8)}` })),
);
