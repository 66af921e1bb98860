import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { freePort, start } from "../build/process.ts";
import { ROOT } from "../build/root.ts";
import { requires } from "./support/skip.ts";

/** Runs what an npm script runs, on a port that is free. */
async function run(file: string, args: readonly string[], env: Record<string, string> = {}) {
  const port = String(await freePort());
  const own = { PATH: process.env["PATH"], HOME: process.env["HOME"], SQLITE_PATH: ":memory:", PORT: port, ...env };
  const running = start(process.execPath, [join(ROOT, "build", file), ...args], { env: own });
  onTestFinished(() => running.stop());
  return running;
}

describe.each([
  ["npm start", "start.ts"],
  ["npm run gateway", "gateway/main.ts"],
  ["npm run emulator", "emulator.ts"],
])("%s, which the environment sets", (name, file) => {
  test("refuses an option, as it would listen elsewhere than was asked", async () => {
    const running = await run(file, ["--port", "9000"]);
    expect({ code: await running.exited, output: running.output() }).toEqual({
      code: 1,
      output: `Unknown option '--port'; see ${name} -- --help\n`,
    });
  });

  test("says with --help where to listen", async () => {
    const running = await run(file, ["--help"]);
    expect({ code: await running.exited, output: running.output() }).toEqual({ code: 0, output: expect.stringContaining("PORT") });
  });
});

test.each([
  ["npm run build", "bundle.ts"],
  ["npm run check", "check.ts"],
])("%s refuses an option that it lacks", async (name, file) => {
  const running = await run(file, ["--watch"]);
  expect({ code: await running.exited, output: running.output() }).toEqual({
    code: 1,
    output: `Unknown option '--watch'; see ${name} -- --help\n`,
  });
});

test("the service ends with npm, as who started npm knows no other process", async () => {
  const port = await freePort();
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], SQLITE_PATH: ":memory:", PORT: String(port) };
  const npm = start("npm", ["--silent", "start"], { env });
  onTestFinished(() => npm.stop());
  await expect.poll(npm.output, { timeout: 30_000 }).toContain(`listens on port ${port}`);
  process.kill(npm.pid, "SIGTERM");
  await npm.exited;
  await expect(fetch(`http://127.0.0.1:${port}/v1/health`)).rejects.toThrow();
});

requires("emulator")("npm run emulator", () => {
  test("does not take another program on its port for the emulator", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, "127.0.0.1", resolve);
    });
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const running = await run("emulator.ts", [], { PORT: String(port) });
    expect({ code: await running.exited, output: running.output() }).toEqual({
      code: 1,
      output: `PORT is ${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}.\n`,
    });
  });

  test("takes any free port for 0, and says which", { timeout: 120_000 }, async () => {
    const running = await run("emulator.ts", [], { PORT: "0" });
    await expect.poll(running.output, { timeout: 100_000 }).toMatch(/Datastore emulator on 127\.0\.0\.1:[1-9]\d+; in another terminal/);
  });
});
