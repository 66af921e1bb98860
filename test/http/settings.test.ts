import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { launchNodeServer, type Served, startNodeServer, startUnboundWorker, startWorker } from "../support/artefacts.ts";
import { createClient } from "../support/http.ts";
import { linesOf } from "../support/http-log.ts";

type Settings = Record<string, string>;
type Row = readonly [name: string, line: RegExp, settings: Settings];

/** What both runtimes refuse: the one line must name the variable, its value and what is allowed. */
const everywhere: readonly Row[] = [
  ["PUBLIC_STATS", /^PUBLIC_STATS is "yes"; allowed is "true", "false", or a/, { PUBLIC_STATS: "yes" }],
  ["LOG", /^LOG is "loud"; allowed is .*"all".*"problems"/, { LOG: "loud" }],
  ["SHARDS", /^SHARDS is "0"; allowed is "auto", or an integer from 1 to \d+\.$/, { SHARDS: "0" }],
  ["VISITS_PER_MINUTE", /^VISITS_PER_MINUTE is "many"; allowed is an integer/, { VISITS_PER_MINUTE: "many" }],
  ["NEW_PAGES_BURST", /^NEW_PAGES_BURST is "-1"; allowed is an integer/, { NEW_PAGES_BURST: "-1" }],
  ["CLIENT_IP_HEADER", /^CLIENT_IP_HEADER is "a b"; allowed is a header's name/, { CLIENT_IP_HEADER: "a b" }],
  ["SITES", /^SITES is "https:\/\/example\.com"; allowed is /, { SITES: "https://example.com" }],
  ["DEFAULT_SITE", /^DEFAULT_SITE is "other\.example"; allowed is .*example\.com/, { SITES: "example.com", DEFAULT_SITE: "other.example" }],
  ["PAGES", /^PAGES is "blog"; allowed is /, { PAGES: "blog" }],
  ["STORE", /^STORE is "redis"; allowed is /, { STORE: "redis" }],
];

/** What the Node server alone refuses. */
const onNode: readonly Row[] = [
  ["PORT", /^PORT is "http"; allowed is an integer from 0 to 65535\.$/, { PORT: "http" }],
  ["SITES on Cloud Run", /^SITES is not set; allowed is /, { K_SERVICE: "footfall", SITES: "" }],
  [
    "DATASTORE_EMULATOR_HOST",
    /^DATASTORE_EMULATOR_HOST is "x"; allowed is host:port/,
    { STORE: "datastore", DATASTORE_EMULATOR_HOST: "x" },
  ],
];

/** What only a worker refuses. */
const onWorkers: readonly (readonly [name: string, line: RegExp, settings: Settings, start: (vars: Settings) => Promise<Served>])[] = [
  ["no SITES", /^SITES is not set; allowed is /, { SITES: "" }, startWorker],
  ["no Durable Objects", /^SITE_COUNTER is not set; allowed is a binding/, {}, startUnboundWorker],
  ["a missing key", /^GOOGLE_SERVICE_ACCOUNT_KEY is not set; allowed is /, { STORE: "datastore" }, startWorker],
  ["a broken key", /^GOOGLE_SERVICE_ACCOUNT_KEY is .*secret/, { GOOGLE_SERVICE_ACCOUNT_KEY: '{"private_key":"hush"}' }, startWorker],
];

/** How long a line may take from a worker to us. */
const ARRIVES_MS = 5_000;

/** Starts the server, and answers what it printed before it ended, with its exit code. */
async function launch(settings: Settings): Promise<{ code: unknown; output: string }> {
  const { process } = await launchNodeServer({ STORE: "sqlite", SQLITE_PATH: ":memory:", SITES: "*", ...settings });
  const code = await Promise.race([process.exited, setTimeout(10_000, "it still runs", { ref: false })]);
  await process.stop();
  return { code, output: process.output() };
}

describe("a bad setting stops the Node server with one line", () => {
  test.each([...everywhere, ...onNode])("%s", async (_, line, settings) => {
    const { code, output } = await launch(settings);
    expect(code).toBe(1);
    expect(output.trimEnd()).toMatch(line);
    expect(output.trimEnd()).not.toContain("\n");
  });

  test("a port that is taken", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, "0.0.0.0", resolve);
    });
    const address = other.address();
    const port = String(typeof address === "object" ? address?.port : "");
    const { code, output } = await launch({ PORT: port });
    expect([code, output.trimEnd()]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^PORT is ${port}: [^\n]*address already in use[^\n]*$`)),
    ]);
    await new Promise((resolve) => other.close(resolve));
  });

  test("a SQLITE_PATH whose folder nobody can make", async () => {
    const { code, output } = await launch({ SQLITE_PATH: "/proc/x/y" });
    expect([code, output.trimEnd()]).toEqual([1, expect.stringMatching(/^SQLITE_PATH is "\/proc\/x\/y" \([^\n]*\); allowed is [^\n]*$/)]);
  });

  test("a SQLITE_PATH that cannot be written", async () => {
    const folder = await mkdtemp(join(tmpdir(), "footfall-http-"));
    await writeFile(join(folder, "file"), "");
    const path = join(folder, "file", "visits.sqlite");
    const { code, output } = await launch({ SQLITE_PATH: path });
    expect([code, output.trimEnd()]).toEqual([1, expect.stringMatching(/^SQLITE_PATH is "[^\n]*; (?:allowed|needed) is [^\n]*$/)]);
    expect(output).toContain(path);
    await rm(folder, { recursive: true });
  });
});

test("STORE=datastore without credentials is told in one line, and the service is not well", async () => {
  // No metadata server, and no file of a user's.
  const env = {
    STORE: "datastore",
    SITES: "a.example",
    HOME: "/nonexistent",
    GCE_METADATA_HOST: "127.0.0.1:9",
    METADATA_SERVER_DETECTION: "none",
  };
  const served = await startNodeServer(env);
  const client = createClient(served.url);
  expect((await client.send("GET /v1/health")).status).toBe(503);
  expect((await client.send("POST /v1/visits")).status).toBe(503);
  const told = () => linesOf(served.output()).filter(({ message }) => message.startsWith("STORE is datastore, which cannot be reached"));
  for (const until = Date.now() + 2 * ARRIVES_MS; told().length === 0 && Date.now() < until; ) await setTimeout(50);
  expect(told()).toMatchObject([{ severity: "ERROR", message: expect.stringContaining("GOOGLE_SERVICE_ACCOUNT_KEY") }]);
  const count = linesOf(served.output()).length;
  await setTimeout(3_000);
  expect(linesOf(served.output()).length).toBeLessThanOrEqual(count + 1);
  client.close();
  await served.stop();
});

test("SITES=* says at the start what it means, in one line", async () => {
  const served = await startNodeServer({ STORE: "sqlite", SQLITE_PATH: ":memory:" });
  const told = () => linesOf(served.output()).filter(({ message }) => message.startsWith("SITES is *"));
  await expect.poll(told, { timeout: ARRIVES_MS }).toMatchObject([{ severity: "INFO" }]);
  await served.stop();
});

describe("a bad setting makes a worker answer 500, with one line in its log", () => {
  const everyone = everywhere.map(([name, line, settings]) => [name, line, settings, startWorker] as const);
  test.each([...everyone, ...onWorkers])("%s", async (_, line, settings, start) => {
    const worker = await start({ SITES: "*", ...settings });
    const client = createClient(worker.url);
    const answer = await client.send("POST /visits");
    expect(answer).toMatchObject({
      status: 500,
      headers: {
        "content-type": expect.stringMatching(/problem\+json/),
        "access-control-allow-origin": "*",
        "x-request-id": expect.stringMatching(/^[\w.-]+$/),
      },
    });
    expect(answer.json()).toMatchObject({ type: "urn:footfall:internal", status: 500 });
    expect(answer.text).not.toMatch(/allowed is|hush/);
    for (const until = Date.now() + ARRIVES_MS; worker.output() === "" && Date.now() < until; ) await setTimeout(10);
    expect(linesOf(worker.output())).toEqual([{ severity: "ERROR", message: expect.stringMatching(line) }]);
    expect(worker.output()).not.toContain("hush");
    client.close();
    await worker.stop();
  });
});
