import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { freePort, start, waitForPort } from "../process.ts";
import { NODE_FLAGS } from "../server.ts";
import { startDatastore } from "./datastore.ts";

/**
 * The scripts, and how many visits the server counts until what it has compiled of each is kept: of the service no more than a first visit
 * needs, as V8 takes up to 0.7 ms longer to read what 60 need; Google's client is loaded once so many come in a second.
 */
const SCRIPTS = { "service.cjs": 1, "google.cjs": 60 };
const START_MS = 30_000;
const RECORDER = join(import.meta.dirname, "record.ts");

/**
 * Has V8 compile the built server ahead of time: runs it until it has loaded and used each of its scripts, and keeps the functions that
 * this took. Uses the very binary that this process runs on, as V8 takes no other version's.
 *
 * @param folder of the built server
 */
export async function writeCodeCache(folder: string): Promise<void> {
  for (const [name, visits] of Object.entries(SCRIPTS)) await record(folder, name, visits);
}

async function record(folder: string, name: string, visits: number): Promise<void> {
  const cache = join(folder, `${name}.cache`);
  rmSync(cache, { force: true });
  const datastore = await startDatastore();
  const port = await freePort();
  const visitors = { VISITORS: "daily", CLIENT_IP_HEADER: "socket" };
  const env = { PATH: process.env["PATH"] ?? "", PORT: String(port), DATASTORE_EMULATOR_HOST: datastore.host, ...visitors, SCRIPT: name };
  const server = start(process.execPath, [...NODE_FLAGS, "--import", RECORDER, join(folder, "index.cjs")], { env });
  try {
    await waitForPort(port, server, START_MS);
    for (let visit = 0; visit < visits; visit += 1) {
      const { ok } = await fetch(`http://127.0.0.1:${port}/v1/visits`, { method: "POST" });
      if (!ok) throw new Error(`the server does not count:\n${server.output()}`);
    }
  } finally {
    await server.stop();
    datastore.stop();
  }
  if (!existsSync(cache)) throw new Error(`${name}: not loaded, or not compiled:\n${server.output()}`);
}
