import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { freePort, type Running, start, waitForPort } from "../../build/process.ts";
import { ROOT } from "../../build/root.ts";
import { type Listening, startBackend } from "./local.ts";

const toStop: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of toStop.splice(0).reverse()) await one.stop();
});

/** What `npm run gateway` runs. */
function run(env: Record<string, string>): Running {
  const running = start(process.execPath, [join(ROOT, "build", "gateway", "main.ts")], { env: { PATH: process.env["PATH"], ...env } });
  toStop.push(running);
  return running;
}

async function startService(): Promise<Listening> {
  const backend = await startBackend((request, response) => response.end(`${request.method} ${request.url}`));
  toStop.push(backend);
  return backend;
}

describe("npm run gateway", () => {
  test("stands in front of BACKEND, takes API_KEYS for valid, and says what it is", async () => {
    const { url } = await startService();
    const port = await freePort();
    const gateway = run({ PORT: String(port), BACKEND: url, API_KEYS: "one, two" });
    await waitForPort(port, gateway, 30_000);
    const answer = await fetch(`http://127.0.0.1:${port}/v1/visits`, { method: "PUT", headers: { "X-API-Key": "two" } });
    expect(await answer.text()).toBe("PUT /v1/visits");
    expect((await fetch(`http://127.0.0.1:${port}/v1/visits`, { method: "PUT", headers: { "X-API-Key": "three" } })).status).toBe(400);
    await expect.poll(() => gateway.output()).toContain(`in front of ${url}; valid keys: 2`);
    await expect.poll(() => gateway.output()).toContain("It models ESPv2's documented behaviour; it is not Google's gateway.");
  });

  test("lets the protocols through that TAKEOVER names, and no others", async () => {
    const { url } = await startService();
    const port = await freePort();
    const gateway = run({ PORT: String(port), BACKEND: url, TAKEOVER: "busuanzi, komarev" });
    await waitForPort(port, gateway, 30_000);
    const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    expect(await ask("/busuanzi?jsonpCallback=f")).toBe("GET /busuanzi?jsonpCallback=f");
    expect(await ask("/ghpvc/?username=a")).toBe("GET /ghpvc/?username=a");
    expect(JSON.parse(await ask("/log"))).toMatchObject({ code: 404 });
    await expect.poll(() => gateway.output()).toContain("TAKEOVER: busuanzi, komarev");
  });

  test.each([
    [{ TAKEOVER: "vercont" }, 'TAKEOVER is "vercont"; allowed is "all", or a comma-separated list of busuanzi, '],
    [{ PORT: "eight" }, 'PORT is "eight"; allowed is an integer from 0 to 65535.'],
    [{ BACKEND: "localhost:8080" }, 'BACKEND is "localhost:8080"; allowed is where the service runs, such as "http://127.0.0.1:8080".'],
    [{ BACKEND: "https://example.com" }, 'BACKEND is "https://example.com"; allowed is where the service runs'],
  ])("refuses %o in one line", async (env, line) => {
    const gateway = run(env);
    expect(await gateway.exited).toBe(1);
    expect(gateway.output()).toContain(line);
    expect(gateway.output().trim().split("\n")).toHaveLength(1);
  });

  test("says which port is taken", async () => {
    const { url } = await startService();
    const gateway = run({ PORT: new URL(url).port });
    expect(await gateway.exited).toBe(1);
    expect(gateway.output()).toMatch(/^PORT is \d+: listen EADDRINUSE/);
  });
});
