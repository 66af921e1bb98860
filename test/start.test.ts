import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDatastore } from "../build/code-cache/datastore.ts";
import { freePort, start, waitForPort } from "../build/process.ts";
import { ROOT } from "../build/root.ts";
import { NODE_FLAGS, SERVER } from "../build/server.ts";

const START_MS = 30_000;

/** Goes before the server: at SIGUSR2 it tells what Node has loaded of itself, and whether V8 refused code that was compiled before. */
const OBSERVER = `import vm from "node:vm";
const rejected = {};
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    rejected[options.filename.split("/").at(-1)] = this.cachedDataRejected;
  }
};
process.on("SIGUSR2", () => console.error("observed " + JSON.stringify({ modules: process.moduleLoadList, rejected })));`;

/** What makes a start slow: `fetch`, cryptography, TLS, HTTP/2, compression, threads, the web's streams. */
const SLOW = /undici|http2|worker_threads|NativeModule (?:internal\/)?(?:crypto|tls|zlib|webstreams|fs\/promises)/;

interface Observed {
  readonly modules: readonly string[];
  /** By script; undefined where nothing was there to be refused. */
  readonly rejected: Readonly<Record<string, boolean | undefined>>;
}

let datastore: Awaited<ReturnType<typeof startDatastore>>;
beforeAll(async () => {
  datastore = await startDatastore();
});
afterAll(() => datastore.stop());

/** Starts the server, has it count one visit, and asks what that took. */
async function countOne(flags: readonly string[]): Promise<Observed> {
  const port = await freePort();
  const env = { PATH: process.env["PATH"] ?? "", PORT: String(port), DATASTORE_EMULATOR_HOST: datastore.host };
  const observer = `data:text/javascript,${encodeURIComponent(OBSERVER)}`;
  const server = start(process.execPath, [...flags, "--import", observer, SERVER], { env });
  try {
    await waitForPort(port, server, START_MS);
    const answer = await fetch(`http://127.0.0.1:${port}/v1/visits`, { method: "POST" });
    expect(await answer.json()).toMatchObject({ counted: true });
    process.kill(server.pid, "SIGUSR2");
    await expect.poll(server.output).toMatch(/^observed .*}$/m);
    return JSON.parse(/^observed (.*)$/m.exec(server.output())?.[1] ?? "");
  } finally {
    await server.stop();
  }
}

describe("the built server", () => {
  test("counts its first visit in Datastore with what a server of node:http has loaded", async () => {
    const { modules } = await countOne(NODE_FLAGS);
    expect(modules).toContain("NativeModule _http_server");
    expect(modules.filter((module) => SLOW.test(module))).toEqual([]);
  });

  test("runs what V8 compiled when it was built", async () => {
    expect((await countOne(NODE_FLAGS)).rejected).toEqual({ "service.cjs": false });
  });

  test("runs as well where V8 refuses that", async () => {
    expect((await countOne(["--no-lazy"])).rejected).toEqual({ "service.cjs": true });
  });

  test("is started by npm with the flags that it is tested with", async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
    expect(scripts.start).toBe(`exec node ${NODE_FLAGS.join(" ")} build/start.ts`);
  });
});
