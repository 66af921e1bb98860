import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDatastore } from "../build/code-cache/datastore.ts";
import { freePort, start, waitForPort } from "../build/process.ts";
import { ROOT } from "../build/root.ts";
import { NODE_FLAGS, SERVER } from "../build/server.ts";
import { timeStart } from "../build/time-start.ts";
import { emulatorHost } from "./support/emulator.ts";
import { requires } from "./support/skip.ts";

const START_MS = 30_000;
/** Sites that are counted at once: each needs a write of its own. */
const AT_ONCE = 64;

/** Starts at whose very beginning a client is there. */
const STARTS = 5;

/** However slow this machine is, all that the server does falls into one second: a busy one. */
const ONE_SECOND = "const now = Date.now(); Date.now = () => now;";
const COMMIT_OBSERVER = join(ROOT, "build", "observe.ts");

let datastore: Awaited<ReturnType<typeof startDatastore>>;
beforeAll(async () => {
  datastore = await startDatastore();
});
afterAll(() => datastore.stop());

const inline = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;

/** Starts the server; `observe` asks what its observer has seen. */
async function withServer(
  flags: readonly string[],
  settings: Record<string, string>,
  body: (url: string, observe: <T>() => Promise<T>) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  const env = { PATH: process.env["PATH"] ?? "", PORT: String(port), ...settings };
  const server = start(process.execPath, [...flags, SERVER], { env });
  const seen = () => server.output().match(/^observed .*}$/gm) ?? [];
  try {
    await waitForPort(port, server, START_MS);
    await body(`http://127.0.0.1:${port}`, async () => {
      const before = seen().length;
      process.kill(server.pid, "SIGUSR2");
      await expect.poll(() => seen().length, { timeout: START_MS }).toBeGreaterThan(before);
      return JSON.parse(seen().at(-1)?.slice("observed ".length) ?? "");
    });
  } finally {
    await server.stop();
  }
}

requires("emulator")("the built server, once it is busy", () => {
  test("goes over to gRPC, and counts on", { timeout: 3 * START_MS }, async () => {
    const namespace = `start-${Date.now()}`;
    const env = { DATASTORE_EMULATOR_HOST: await emulatorHost(), DATASTORE_NAMESPACE: namespace };
    await withServer([...NODE_FLAGS, "--import", inline(ONE_SECOND), "--import", COMMIT_OBSERVER], env, async (url, observe) => {
      let rounds = 0;
      const countMany = async () => {
        const answers = Array.from({ length: AT_ONCE }, (_, index) => fetch(`${url}/v1/visits`, visit(`s${index}.example`)));
        for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
        rounds += 1;
        return (await observe<{ grpc: number }>()).grpc;
      };
      await expect.poll(countMany, { timeout: 2 * START_MS }).toBe(1);
      const read = await fetch(`${url}/v1/visits?site=s0.example&page=/`);
      expect(await read.json()).toMatchObject({ pages: [{ page: "/", visits: rounds }] });
    });
  });
});

function visit(site: string): RequestInit {
  return { method: "POST", body: JSON.stringify({ site, page: "/" }) };
}

describe("the built server", () => {
  test("counts the visit of a client that knocks as its port opens", async () => {
    const env = { DATASTORE_EMULATOR_HOST: datastore.host };
    const request = { method: "POST", path: "/v1/visits" } as const;
    for (let run = 0; run < STARTS; run += 1) {
      const { ms } = await timeStart({ name: "the server", args: [...NODE_FLAGS, SERVER], env, request });
      expect(ms).toBeGreaterThan(0);
    }
  });

  test("counts as well where V8 refuses what was compiled ahead of time", async () => {
    await withServer(["--no-lazy"], { DATASTORE_EMULATOR_HOST: datastore.host }, async (url) => {
      const answer = await fetch(`${url}/v1/visits`, { method: "POST" });
      expect(await answer.json()).toMatchObject({ counted: true });
    });
  });

  test("is started by npm with the flags that it is tested with", async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
    expect(scripts.start).toBe(`exec node ${NODE_FLAGS.join(" ")} build/start.ts`);
  });
});
