import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { freePort, type Running, start, waitForPort } from "../../build/process.ts";
import { DIST } from "../../build/root.ts";
import { miniflareOptions } from "../../build/workerd.ts";

/** A built artefact that serves, started as a user starts it. */
export interface Served {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** How long a server may take to listen on a loaded machine. */
const START_MS = 30_000;

/**
 * Starts `dist/server` in a process of its own.
 *
 * @param env the settings: all that it finds in its environment, but for `PATH` and a free `PORT`
 */
export async function startNodeServer(env: Record<string, string>): Promise<Served & { readonly process: Running }> {
  const port = Number(env["PORT"] ?? (await freePort()));
  const own = { PATH: process.env["PATH"] ?? "", ...env, PORT: String(port) };
  const running = start(process.execPath, [join(DIST, "server", "index.mjs")], { env: own });
  await waitForPort(port, running, START_MS).catch(async (error: Error) => {
    await running.stop();
    throw error;
  });
  return { url: `http://127.0.0.1:${port}`, process: running, stop: () => running.stop() };
}

/**
 * Starts `dist/worker` in Miniflare.
 *
 * @param vars the worker's settings
 * @param persist the folder of its Durable Objects' data; without it a new one, removed at the end
 */
export async function startWorker(vars: Record<string, string>, persist?: string): Promise<Served> {
  const script = await readFile(join(DIST, "worker", "index.js"), "utf8");
  const folder = persist ?? (await mkdtemp(join(tmpdir(), "footfall-")));
  const miniflare = new Miniflare(miniflareOptions({ script, vars, persist: folder, port: 0 }));
  const url = await miniflare.ready;
  return {
    url: url.origin,
    async stop() {
      await miniflare.dispose();
      if (persist === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
