import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort, start, waitForPort } from "../../build/process.ts";
import { SERVER } from "../../build/server.ts";
import { OPEN } from "../http/service/rig.ts";
import { launchNodeServer, type NodeServer, startNodeServer } from "../support/artefacts.ts";
import { type Client, createClient } from "../support/http.ts";
import { isRoot, requires } from "../support/skip.ts";
import { report } from "./findings.ts";
import { TIMEOUT } from "./size.ts";

const SITE = "example.com";
/** Space for a few hundred pages, so that the disk is soon full. */
const SPACE_BYTES = 1_048_576;
const MORE_SPACE_BYTES = 64 * SPACE_BYTES;
/** Visits that are sent once the disk is full, and again once there is space. */
const AFTER = 50;
const MOST_VISITS = 20_000;
const START_MS = 30_000;
const NOBODY = 65_534;

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-disk-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Visits a new page, so that the file grows; `true` where it was counted. */
async function visit(client: Client, index: number): Promise<boolean> {
  const answer = await client.send("POST /v1/visits", { body: { site: SITE, page: `/${index}-${"x".repeat(900)}` } });
  if (answer.status === 200) return answer.json().counted;
  expect(answer.json()).toMatchObject({
    type: "urn:footfall:unavailable",
    status: 503,
    detail: expect.not.stringMatching(/sqlite|disk|errno/i),
  });
  expect(answer.headers["retry-after"]).toMatch(/^[1-9]\d*$/);
  return false;
}

/** Visits until the disk is full, while it is full, and once there is space again; every acknowledged visit stays stored. */
async function fill(scenario: string, { url, output }: Pick<NodeServer, "url" | "output">, makeSpace: () => void): Promise<void> {
  const client = createClient(url);
  const siteVisits = async () => (await client.send(`GET /v1/visits?site=${SITE}`)).json().siteVisits;
  let index = 0;
  let answered = 0;
  while (await visit(client, index++)) {
    answered += 1;
    if (answered > MOST_VISITS) throw new Error("the disk does not fill");
  }
  let refused = 1;
  for (let more = 0; more < AFTER; more += 1) {
    if (await visit(client, index++)) answered += 1;
    else refused += 1;
  }
  expect(refused).toBeGreaterThan(1);
  expect(await siteVisits()).toBe(answered);
  makeSpace();
  for (let more = 0; more < AFTER; more += 1) {
    expect(await visit(client, index++)).toBe(true);
    answered += 1;
  }
  const counted = await siteVisits();
  client.close();
  const goal = `nothing acknowledged is lost, nothing refused is counted (${refused} were 503); it counts again with room`;
  report({ scenario, sent: index, answered, counted, goal, holds: counted === answered });
  expect(counted).toBe(answered);
  expect(output()).not.toMatch(/"status":500/);
}

requires("mount")("on a disk of its own", () => {
  test("a full disk refuses visits, loses none, and counts again once there is space", TIMEOUT, async () => {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SPACE_BYTES}`, "tmpfs", folder]);
    try {
      const served = await startNodeServer({ ...OPEN, STORE: "sqlite", SQLITE_PATH: join(folder, "visits.sqlite") });
      const makeSpace = () => execFileSync("mount", ["-o", `remount,size=${MORE_SPACE_BYTES}`, folder]);
      await fill("SQLite, disk full", served, makeSpace).finally(() => served.stop());
    } finally {
      execFileSync("umount", [folder]);
    }
  });
});

requires("prlimit")("under a limit on the size of files", () => {
  test("visits are refused at the limit, none is lost, and they are counted again without it", TIMEOUT, async () => {
    const port = await freePort();
    const env = {
      ...OPEN,
      PATH: process.env["PATH"] ?? "",
      PORT: String(port),
      STORE: "sqlite",
      SQLITE_PATH: join(folder, "visits.sqlite"),
    };
    const server = [process.execPath, SERVER];
    const running = start("prlimit", [`--fsize=${SPACE_BYTES}:unlimited`, ...server], { env });
    await waitForPort(port, running, START_MS);
    const lift = () => execFileSync("prlimit", ["--pid", String(running.pid), "--fsize=unlimited"]);
    const served = { url: `http://127.0.0.1:${port}`, output: running.output };
    await fill("SQLite, file limit", served, lift).finally(() => running.stop());
  });
});

requires("setpriv")("a file that may not be written to", () => {
  test("stops the start with one line, keeps its visits, and is served once it may be written to", TIMEOUT, async () => {
    await mkdir(join(folder, "data"));
    const path = join(folder, "data", "visits.sqlite");
    const settings = { ...OPEN, STORE: "sqlite", SQLITE_PATH: path };
    const first = await startNodeServer(settings);
    const client = createClient(first.url);
    for (let index = 0; index < AFTER; index += 1) expect(await visit(client, index)).toBe(true);
    client.close();
    await first.stop();

    await chmod(path, 0o444);
    await chmod(join(folder, "data"), 0o555);
    await chmod(folder, 0o755);
    const { output, exited } = await startAsNobody(settings);
    expect(await exited).toBe(1);
    expect(output().trim().split("\n")).toEqual([expect.stringMatching(/^SQLITE_PATH is ".*" \(.*\); allowed is /)]);

    await chmod(join(folder, "data"), 0o755);
    await chmod(path, 0o644);
    const again = await startNodeServer(settings);
    const reader = createClient(again.url);
    const { siteVisits } = (await reader.send(`GET /v1/visits?site=${SITE}`)).json();
    expect(await visit(reader, AFTER)).toBe(true);
    reader.close();
    await again.stop();
    expect(siteVisits).toBe(AFTER);
  });
});

/** Starts the server as a user without permissions: root may write to every file. */
async function startAsNobody(env: Record<string, string>) {
  if (!isRoot()) return (await launchNodeServer(env)).process;
  const ids = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  const own = { ...env, PATH: process.env["PATH"] ?? "", PORT: String(await freePort()) };
  return start("setpriv", [...ids, process.execPath, SERVER], { env: own });
}
