import { existsSync } from "node:fs";
import { join } from "node:path";
import { freePort, start, waitForPort } from "../process.ts";
import { NODE_FLAGS } from "../server.ts";
import { startDatastore } from "./datastore.ts";

/** So many in a second make the server load Google's client. */
const VISITS = 60;
const START_MS = 30_000;
const RECORDER = join(import.meta.dirname, "record.ts");

/**
 * Has V8 compile the built server ahead of time: runs it until it has counted a visit and loaded all that it loads, and keeps the
 * functions that this took. Uses the very binary that this process runs on, as V8 takes no other version's.
 *
 * @param folder of the built server
 */
export async function writeCodeCache(folder: string): Promise<void> {
  const datastore = await startDatastore();
  const port = await freePort();
  const env = { PATH: process.env["PATH"] ?? "", PORT: String(port), DATASTORE_EMULATOR_HOST: datastore.host };
  const server = start(process.execPath, [...NODE_FLAGS, "--import", RECORDER, join(folder, "index.cjs")], { env });
  try {
    await waitForPort(port, server, START_MS);
    for (let visit = 0; visit < VISITS; visit += 1) {
      const { ok } = await fetch(`http://127.0.0.1:${port}/v1/visits`, { method: "POST" });
      if (!ok) throw new Error(`the server does not count:\n${server.output()}`);
    }
  } finally {
    await server.stop();
    datastore.stop();
  }
  const missing = ["service", "google"].filter((name) => !existsSync(join(folder, `${name}.cjs.cache`)));
  if (missing.length > 0) throw new Error(`${missing.join(", ")}: not loaded, or not compiled:\n${server.output()}`);
}
