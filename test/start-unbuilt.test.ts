import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyProject, type Project } from "../build/copy-project.ts";
import { freePort, type Running, start } from "../build/process.ts";

const SAYS_MS = 10_000;

let project: Project;
let running: Running;
beforeAll(async () => {
  project = await copyProject();
});
afterAll(async () => {
  await running?.stop();
  await project.remove();
});

test("npm start without a build says at once that it builds", async () => {
  const env = { PATH: process.env["PATH"] ?? "", PORT: String(await freePort()), SQLITE_PATH: ":memory:" };
  running = start(process.execPath, ["build/start.ts"], { cwd: project.folder, env });
  await expect.poll(running.output, { timeout: SAYS_MS }).toMatch(/^dist\/server\/index\.cjs is not there yet: building it/);
});

test("npm start says that the build is older than the sources", async () => {
  const server = join(project.folder, "dist", "server", "index.cjs");
  await running.stop();
  await mkdir(dirname(server), { recursive: true });
  await writeFile(server, "");
  await utimes(server, 0, 0);
  running = start(process.execPath, ["build/start.ts"], { cwd: project.folder });
  await running.exited;
  expect(running.output()).toBe("dist/server/index.cjs is older than src/: npm run build makes it anew.\n");
});
