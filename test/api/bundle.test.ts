import { fileURLToPath } from "node:url";
import { build, type OutputFile } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { leaveOut } from "../../build/leave-out.ts";
import type { createApp } from "../../src/app.ts";
import { readNodeConfig } from "../../src/config.ts";
import { createRecorder } from "../../src/domain/recorder.ts";
import { createMemoryStore } from "./memory-store.ts";

/** `src/app.ts` as one module, with or without what the build leaves out. */
async function bundle(plugins: (typeof leaveOut)[]): Promise<OutputFile> {
  const entry = fileURLToPath(new URL("../../src/app.ts", import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    minify: true,
    plugins,
  });
  const [file] = outputFiles;
  if (!file) throw new Error("esbuild wrote nothing");
  return file;
}

describe("a bundle without what nothing uses of Hono", () => {
  let small: OutputFile;
  let fetch: ReturnType<typeof createApp>["fetch"];

  beforeAll(async () => {
    small = await bundle([leaveOut]);
    const module = await import(`data:text/javascript;base64,${Buffer.from(small.contents).toString("base64")}`);
    const store = createMemoryStore();
    const newId = () => "a-new-request-id";
    const config = readNodeConfig({ SITES: "example.com", ADMIN_KEY: "secret" });
    const recorder = createRecorder({ store, now: Date.now, newId });
    const create: typeof createApp = module.createApp;
    fetch = create({ store, recorder, config, now: Date.now, newId, log: () => {}, version: "1.2.3" }).fetch;
  });

  test("is smaller by what it says", async () => {
    const whole = await bundle([]);
    expect(small.contents.length / whole.contents.length).toBeLessThan(0.85);
  });

  test.each([
    ["GET", "/v1/health", 200],
    ["HEAD", "/v1/health", 200],
    ["GET", "/v1/health/", 200],
    ["POST", "/visits", 200],
    ["OPTIONS", "/visits", 204],
    ["PATCH", "/visits", 405],
    ["GET", "/nothing", 404],
    ["GET", "/%", 404],
    ["GET", "/v1/badge?page=%zz", 400],
    ["GET", "/v1/export", 401],
  ])("answers %s %s with %i", async (method, path, status) => {
    const response = await fetch(new Request(`http://localhost${path}`, { method }));
    expect(response.status).toBe(status);
    expect(response.headers.get("x-request-id")).toBe("a-new-request-id");
    if (method === "HEAD") expect(await response.text()).toBe("");
  });
});
