import { once } from "node:events";
import { readFile, rename } from "node:fs/promises";
import http from "node:http";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unstable_readConfig } from "wrangler";
import { ASSETS } from "../build/assets.ts";
import { copyProject, type Project } from "../build/copy-project.ts";
import { readSettings, WRANGLER_FILE } from "../build/dev/settings.ts";
import { freePort } from "../build/process.ts";
import { shown } from "../build/root.ts";
import { ASSETS_BINDING } from "../build/workerd.ts";
import { count, firstEvent, get, interrupt, type Loop, refusal, startLoop, within } from "./dev-loop.ts";
import { emulatorHost } from "./support/emulator.ts";
import { requires } from "./support/skip.ts";

const HEALTH = "src/routes/health.ts";
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

  /** What health answers as its status. */
  const status = async () => /"status":"(\w+)"/.exec((await get(loop.url, "/v1/health")).text)?.[1];

  /** Edits a source, waits until that is served, does something, and takes it back. */
  async function edited(work: () => Promise<void> = async () => {}): Promise<void> {
    await project.edit(HEALTH, STATUS, 'status: "edited"');
    await expect.poll(status, within).toBe("edited");
    await work();
    await project.edit(HEALTH, 'status: "edited"', STATUS);
    await expect.poll(status, within).toBe("ok");
  }

  test("serves an edit, and keeps the counts", async () => {
    const { visits } = await count(loop.url);
    await edited(async () => {
      expect(await count(loop.url)).toMatchObject({ visits: visits + 1 });
    });
  });

  test("answers every request while it replaces the worker", async () => {
    const answers: number[] = [];
    let over = false;
    const asking = Array.from({ length: 4 }, async () => {
      while (!over) answers.push((await get(loop.url, "/v1/visits?site=example.com")).status);
    });
    await edited();
    over = true;
    await Promise.all(asking);
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.filter((answer) => answer !== 200)).toEqual([]);
  });

  test("shows a syntax error with file, line and text, goes on with the last good version, and recovers", async () => {
    await project.edit(HEALTH, STATUS, "status: = oops");
    await expect.poll(() => loop.process.output(), within).toMatch(/src\/routes\/health\.ts:\d+:\d+:[\s\S]*status: = oops/);
    expect(await status()).toBe("ok");
    const problem = expect.stringMatching(/Unexpected "="[\s\S]*health\.ts:\d+/);
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem });
    await project.edit(HEALTH, "status: = oops", STATUS);
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: null });
    await project.edit(HEALTH, STATUS, "status: = oops");
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: expect.stringMatching(/\S/) });
    await project.edit(HEALTH, "status: = oops", STATUS);
    await expect.poll(() => loop.process.output(), within).toContain(`${HEALTH}: as it was, and served`);
  });

  test("goes on with the last good version where the new one does not start", async () => {
    await project.edit("src/worker.ts", "let app:", 'throw new Error("at the top");\nlet app:');
    await expect.poll(() => loop.process.output(), within).toMatch(/at the top/);
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: expect.stringMatching(/\S/) });
    expect((await get(loop.url, "/v1/health")).status).toBe(200);
    await project.edit("src/worker.ts", 'throw new Error("at the top");\n', "");
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: null });
    expect((await get(loop.url, "/v1/health")).status).toBe(200);
  });

  test("shows where in the TypeScript sources an error was thrown", async () => {
    await project.edit(
      "src/routes/lists.ts",
      "    const found = (await store.sites())",
      '    if (Date.now()) throw new Error("thrown for the test");\n    const found = (await store.sites())',
    );
    await expect.poll(() => get(loop.url, "/v1/sites"), within).toMatchObject({ status: 500 });
    await expect.poll(() => loop.process.output(), within).toMatch(/thrown for the test[\s\S]*src\/routes\/lists\.ts:\d+:\d+/);
    await project.edit("src/routes/lists.ts", '    if (Date.now()) throw new Error("thrown for the test");\n', "");
    await expect.poll(() => get(loop.url, "/v1/sites"), within).toMatchObject({ status: 200 });
  });

  test("no request ends it, whatever its target", async () => {
    const { port } = new URL(loop.url);
    for (const path of ["*", "http://example.com/v1/health", "//", "/%"]) {
      const request = http.request({ port, host: "127.0.0.1", method: "OPTIONS", path });
      const [response] = await once(request.end(), "response");
      expect(response.statusCode, path).toBeGreaterThan(0);
      response.resume();
    }
    expect((await get(loop.url, "/v1/health")).status).toBe(200);
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
    await expect.poll(() => loop.process.output(), within).toMatch(/^wrangler\.toml:\d+:\d+: Invalid TOML document: \S.*$/m);
    expect((await get(loop.url, "/v1/health")).status).toBe(200);
    await project.edit("wrangler.toml", "[vars\n", "[vars]\n");
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: null });
    await project.edit("wrangler.toml", 'class_name = "SiteCounter"', 'class_name = "Counter"');
    const line = 'wrangler.toml: class_name is "Counter"; allowed is a class that src/worker.ts exports: SiteCounter.';
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: line });
    expect((await get(loop.url, "/v1/health")).status).toBe(200);
    await project.edit("wrangler.toml", 'class_name = "Counter"', 'class_name = "SiteCounter"');
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: null });
  });

  test("a setting that the service refuses is told in one line, and the last good one goes on", async () => {
    await project.write(".dev.vars", "VISITS_PER_MINUTE=many\n");
    const line = 'VISITS_PER_MINUTE is "many"; allowed is an integer from 0 to 1000000000.';
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: line });
    await expect.poll(() => loop.process.output(), within).toContain(`${line}\n\nThe last good version is still served.`);
    expect((await get(loop.url, "/v1/health")).status).toBe(200);
    await project.write(".dev.vars", "");
    await expect.poll(() => firstEvent(loop.url), within).toMatchObject({ problem: null });
  });

  test("an editor may replace a file, and again", async () => {
    for (const mark of ["first", "second"]) {
      const text = await readFile(join(project.folder, HEALTH), "utf8");
      await project.write(`${HEALTH}~`, text.replace(/status: "\w+"/, `status: "${mark}"`));
      await rename(join(project.folder, `${HEALTH}~`), join(project.folder, HEALTH));
      await expect.poll(status, within).toBe(mark);
    }
    await project.edit(HEALTH, 'status: "second"', STATUS);
    await expect.poll(status, within).toBe("ok");
  });

  test("goes on when clients leave before their answer", async () => {
    const { port } = new URL(loop.url);
    const requests = ["GET / HTTP/1.1", "GET /openapi.json HTTP/1.1", "POST /v1/visits HTTP/1.1\r\nContent-Length: 20"];
    for (let left = 0; left < 120; left += 1) {
      const socket = connect(Number(port), "127.0.0.1");
      socket.on("error", () => {}).write(`${requests[left % requests.length]}\r\nHost: localhost\r\n\r\n{"page`);
      await sleep(left % 30);
      socket.destroy();
    }
    expect((await get(loop.url, "/v1/health")).status).toBe(200);
    expect(loop.process.output()).not.toMatch(/ERR_STREAM|aborted/);
  });

  test("has no limit of visits a minute", async () => {
    const answers = await Promise.all(Array.from({ length: 125 }, () => count(loop.url)));
    expect(answers.filter(({ visits }) => !Number.isInteger(visits))).toEqual([]);
  });

  test("--inspect opens the inspector", async () => {
    const other = await copyProject();
    const inspected = await startLoop(other, ["--inspect"]);
    const [, inspector = ""] = /inspector {2}(http:\S+)/.exec(inspected.process.output()) ?? [];
    expect(JSON.parse((await get(inspector, "")).text)).toContainEqual(
      expect.objectContaining({ id: "core:user:footfall", webSocketDebuggerUrl: expect.stringMatching(/^ws:/) }),
    );
    await interrupt(inspected);
    await other.remove();
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
    const line = new RegExp(
      `^Port ${port} of 127\\.0\\.0\\.1 cannot be had: another program listens there\\. Choose another: PORT=(\\d+) npm run dev\n$`,
    );
    const [, other] = line.exec(await refusal(project, { PORT: String(port) })) ?? [];
    await expect(once(createServer().listen(Number(other), "127.0.0.1"), "listening")).resolves.toEqual([]);
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

/** What is used of Wrangler's configuration, whose own types need the whole of Workers'. */
interface WranglerConfig {
  compatibility_date?: string;
  compatibility_flags: string[];
  durable_objects: { bindings: { name: string; class_name: string }[] };
  assets?: object;
}

test("what the loop reads of wrangler.toml is what Wrangler reads", async () => {
  const config: WranglerConfig = unstable_readConfig({ config: WRANGLER_FILE });
  const settings = await readSettings();
  expect(settings.compatibilityDate).toBe(config.compatibility_date);
  expect(settings.compatibilityFlags).toEqual(config.compatibility_flags);
  expect(Object.entries(settings.durableObjects).map(([name, { className }]) => ({ name, className }))).toEqual(
    config.durable_objects.bindings.map(({ name, class_name: className }) => ({ name, className })),
  );
  expect(config.assets).toEqual({ directory: shown(ASSETS), binding: ASSETS_BINDING, run_worker_first: true });
});
