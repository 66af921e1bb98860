import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyProject, type Project } from "../build/bench/project.ts";
import { parseToml } from "../build/dev/toml.ts";
import { freePort, type Running, start } from "../build/process.ts";
import { emulatorHost } from "./support/emulator.ts";
import { requires } from "./support/skip.ts";

/** How long the loop may take on a loaded machine; the bench says how long it does. */
const START_MS = 60_000;
const SERVED_MS = 30_000;
const within = { timeout: SERVED_MS, interval: 50 };

interface Loop {
  readonly url: string;
  readonly process: Running;
}

/** Runs `npm run dev` in a project, and waits until it answers. */
async function startLoop(project: Project, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Loop> {
  const port = await freePort();
  const own = { PATH: process.env["PATH"] ?? "", HOME: project.folder, ...env, PORT: String(port) };
  const running = start(process.execPath, [join(project.folder, "build", "dev.ts"), ...args], { env: own });
  const url = `http://127.0.0.1:${port}`;
  let ended: number | NodeJS.Signals | undefined;
  running.exited.then((code) => {
    ended = code;
  });
  const deadline = Date.now() + START_MS;
  while ((await get(url, "/v1/health")).status !== 200 || !running.output().includes("Ctrl-C ends it")) {
    if (ended !== undefined || Date.now() > deadline) {
      await running.stop();
      throw new Error(`npm run dev does not answer (it ended with ${ended}):\n${running.output()}`);
    }
    await sleep(50);
  }
  return { url, process: running };
}

async function get(url: string, path: string): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url + path, { signal: AbortSignal.timeout(10_000) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: 0, text: String(error) };
  }
}

async function count(url: string): Promise<{ visits: number }> {
  const response = await fetch(`${url}/v1/visits`, { method: "POST", body: JSON.stringify({ page: "/dev", site: "example.com" }) });
  return (await response.json()) as { visits: number };
}

/** Ctrl-C reaches the loop, and whatever it has started. */
async function interrupt({ process: running }: Loop): Promise<void> {
  process.kill(running.pid, "SIGINT");
  expect(await running.exited).toBe(0);
  // esbuild's own process ends when it sees that nobody is there any more.
  await expect.poll(() => isGone(running.pid), within).toBe(true);
}

/** Whether no process of a group is left. */
function isGone(group: number): boolean {
  try {
    process.kill(-group, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

const HEALTH = "src/api/health.ts";
const STATUS = 'status: "ok"';

describe("npm run dev", () => {
  let project: Project;
  let loop: Loop;
  beforeAll(async () => {
    project = await copyProject();
    loop = await startLoop(project, ["--sample"]);
  });
  afterAll(async () => {
    await loop?.process.stop();
    await project?.remove();
  });

  test("prints where the dashboard and the sample website are, and both answer", async () => {
    const [, dashboard = "", sample = ""] = /dashboard {2}(\S+)\n {2}sample {5}(\S+)/.exec(loop.process.output()) ?? [];
    expect(await get(dashboard, "")).toMatchObject({ status: 200, text: expect.stringContaining("<title>Footfall</title>") });
    expect(await get(sample, "")).toMatchObject({ status: 200, text: expect.stringContaining(`src="${loop.url}/embed.js"`) });
    expect(await get(loop.url, "/embed.js")).toMatchObject({ status: 200 });
    expect(await get(loop.url, "/openapi.json")).toMatchObject({ status: 200, text: expect.stringMatching(/^\{"openapi":"3\.1/) });
  });

  test("--sample fills the dashboard", async () => {
    await expect.poll(() => loop.process.output(), within).toContain("filled with sample visits: example.com");
    expect((await get(loop.url, "/v1/sites")).text).toContain("blog.example.org");
  });

  test("serves an edit, and keeps the counts", async () => {
    const { visits } = await count(loop.url);
    await project.edit(HEALTH, STATUS, 'status: "edited"');
    await expect.poll(() => get(loop.url, "/v1/health"), within).toMatchObject({ text: expect.stringContaining('"edited"') });
    expect(await count(loop.url)).toMatchObject({ visits: visits + 1 });
  });

  test("answers every request while it replaces the worker", async () => {
    const answers: number[] = [];
    let over = false;
    const asking = (async () => {
      while (!over) answers.push((await get(loop.url, "/v1/visits?site=example.com")).status);
    })();
    await project.edit(HEALTH, 'status: "edited"', 'status: "again"');
    await expect.poll(() => get(loop.url, "/v1/health"), within).toMatchObject({ text: expect.stringContaining('"again"') });
    over = true;
    await asking;
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.filter((status) => status !== 200)).toEqual([]);
  });

  test("shows a syntax error with file, line and text, goes on with the last good version, and recovers", async () => {
    await project.edit(HEALTH, 'status: "again"', "status: = oops");
    await expect.poll(() => loop.process.output(), within).toMatch(/src\/api\/health\.ts:\d+:\d+:[\s\S]*status: = oops/);
    expect((await get(loop.url, "/v1/health")).text).toContain('"again"');
    expect(await firstEvent(loop.url)).toMatchObject({ problem: expect.stringMatching(/Unexpected "="[\s\S]*health\.ts:\d+/) });
    await project.edit(HEALTH, "status: = oops", STATUS);
    await expect.poll(() => get(loop.url, "/v1/health"), within).toMatchObject({ text: expect.stringContaining('"ok"') });
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: null });
  });

  test("goes on with the last good version where the new one does not start", async () => {
    await project.edit("src/worker.ts", "/** The worker", 'throw new Error("at the top");\n/** The worker');
    await expect.poll(() => loop.process.output(), within).toMatch(/at the top/);
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: expect.stringMatching(/\S/) });
    expect((await get(loop.url, "/v1/health")).status).toBe(200);
    await project.edit("src/worker.ts", 'throw new Error("at the top");\n', "");
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: null });
    expect((await get(loop.url, "/v1/health")).status).toBe(200);
  });

  test("shows where in the TypeScript sources an error was thrown", async () => {
    await project.edit(
      "src/api/read.ts",
      "  const sites = await",
      '  if (Date.now()) throw new Error("thrown for the test");\n  const sites = await',
    );
    await expect.poll(() => get(loop.url, "/v1/sites"), within).toMatchObject({ status: 500 });
    await expect.poll(() => loop.process.output(), within).toMatch(/thrown for the test[\s\S]*src\/api\/read\.ts:\d+:\d+/);
    await project.edit("src/api/read.ts", '  if (Date.now()) throw new Error("thrown for the test");\n', "");
    await expect.poll(() => get(loop.url, "/v1/sites"), within).toMatchObject({ status: 200 });
  });

  test("picks up .dev.vars, wrangler.toml and the web parts", async () => {
    await project.write(".dev.vars", "PUBLIC_STATS=false\n");
    await expect.poll(() => get(loop.url, "/v1/sites"), within).toMatchObject({ status: 401 });
    await project.write(".dev.vars", "");
    await expect.poll(() => get(loop.url, "/v1/sites"), within).toMatchObject({ status: 200 });
    await project.edit("wrangler.toml", "[assets]", '[vars]\nDEFAULT_SITE = "from.wrangler.example"\n\n[assets]');
    await expect.poll(() => get(loop.url, "/v1/visits"), within).toMatchObject({ text: expect.stringContaining("from.wrangler.example") });
    await project.edit("src/web/dashboard/index.html", "<title>Footfall</title>", "<title>Edited</title>");
    await expect.poll(() => get(loop.url, "/"), within).toMatchObject({ text: expect.stringContaining("<title>Edited</title>") });
    await project.edit("wrangler.toml", "[vars]", "[vars");
    await expect.poll(() => loop.process.output(), within).toMatch(/wrangler\.toml: line \d+: "\[vars"/);
    expect((await get(loop.url, "/v1/health")).status).toBe(200);
    await project.edit("wrangler.toml", "[vars\n", "[vars]\n");
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: null });
  });

  test("ends with Ctrl-C, leaves nothing running, and begins again with the same counts", async () => {
    const { visits } = await count(loop.url);
    await interrupt(loop);
    loop = await startLoop(project);
    expect(await count(loop.url)).toMatchObject({ visits: visits + 1 });
    await interrupt(loop);
  });

  test("says that the port is taken", async () => {
    const server = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const env = { PATH: process.env["PATH"] ?? "", PORT: String(port) };
    const running = start(process.execPath, [join(project.folder, "build", "dev.ts")], { env });
    expect(await running.exited).toBe(1);
    expect(running.output()).toBe(
      `Port ${port} of 127.0.0.1 cannot be had: another program listens there. Choose another: PORT=${port + 1} npm run dev\n`,
    );
    await new Promise((resolve) => server.close(resolve));
  });
});

requires("emulator")("npm run dev -- --datastore", () => {
  test("counts in Datastore's emulator", async () => {
    const project = await copyProject();
    const env = { DATASTORE_EMULATOR_HOST: await emulatorHost(), DATASTORE_PROJECT_ID: `dev-${Date.now()}` };
    const loop = await startLoop(project, ["--datastore"], env);
    expect(await count(loop.url)).toMatchObject({ visits: 1 });
    expect(JSON.parse((await get(loop.url, "/v1/health")).text)).toMatchObject({ status: "ok", store: "datastore" });
    await interrupt(loop);
    await project.remove();
  });
});

/** What a browser is told when it comes. */
async function firstEvent(url: string): Promise<unknown> {
  const abort = new AbortController();
  const response = await fetch(`${url}/__dev/events`, { signal: AbortSignal.any([abort.signal, AbortSignal.timeout(5_000)]) });
  const { value } = await (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader().read();
  abort.abort();
  return JSON.parse(/^data: (.*)$/m.exec(value ?? "")?.[1] ?? "null");
}

describe("wrangler.toml is read as TOML has it", () => {
  test.each([
    ['a = "x # y" # comment', { a: "x # y" }],
    ["a = 'C:\\x'", { a: "C:\\x" }],
    ["a = 1_000\nb = true", { a: 1_000, b: true }],
    ['a = [\n  "x", # one\n  "y",\n]', { a: ["x", "y"] }],
    ["[a.b]\nc = 1\n[[a.d]]\ne = 1\n[[a.d]]\ne = 2", { a: { b: { c: 1 }, d: [{ e: 1 }, { e: 2 }] } }],
    ['"quoted key" = ""', { "quoted key": "" }],
  ])("%j", (text, value) => {
    expect(parseToml(text)).toEqual(value);
  });

  test.each(["a", "[a", "a = b", "a ="])("%j is refused, with its line", (text) => {
    expect(() => parseToml(`x = 1\n${text}`)).toThrow(/^line 2: /);
  });
});
