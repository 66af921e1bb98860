import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { Miniflare } from "miniflare";
import { inject } from "vitest";
import { ASSETS } from "../../build/assets.ts";
import { freePort, type Running, start, waitForPort } from "../../build/process.ts";
import { DIST, shown } from "../../build/root.ts";
import { isStale, NODE_FLAGS } from "../../build/server.ts";
import { miniflareOptions } from "../../build/workerd.ts";

/** A built artefact that serves, started as a user starts it. */
export interface Served {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string;
  /** What it has printed so far, on both streams. */
  output(): string;
  stop(): Promise<void>;
}

/** A server in a process of its own. */
export interface NodeServer extends Served {
  readonly process: Running;
}

/** How long a server may take to listen on a loaded machine. */
const START_MS = 30_000;

/** Starts `dist/server` in a process of its own; it may end by itself, as `exited` tells. See {@link startNodeServer}. */
export async function launchNodeServer(env: Record<string, string>): Promise<{ port: number; process: Running }> {
  const port = Number(env["PORT"] ?? (await freePort()));
  const own = { PATH: process.env["PATH"] ?? "", PORT: String(port), ...env };
  return { port, process: start(process.execPath, [...NODE_FLAGS, await artefact("server", "index.cjs")], { env: own }) };
}

/**
 * Starts `dist/server` in a process of its own, and waits until it listens.
 *
 * @param env the settings: all that it finds in its environment, but for `PATH` and a free `PORT`
 */
export async function startNodeServer(env: Record<string, string>): Promise<NodeServer> {
  const { port, process: running } = await launchNodeServer(env);
  await waitForPort(port, running, START_MS).catch(async (error: Error) => {
    await running.stop();
    throw error;
  });
  return { url: `http://127.0.0.1:${port}`, process: running, output: running.output, stop: () => running.stop() };
}

/**
 * Starts `dist/worker` in Miniflare.
 *
 * @param vars the worker's settings
 * @param persist the folder of its Durable Objects' data; without it a new one, removed at the end
 */
export function startWorker(vars: Record<string, string>, persist?: string): Promise<Served> {
  return runWorker(vars, persist);
}

/** Starts `dist/worker` without its Durable Objects. */
export function startUnboundWorker(vars: Record<string, string>): Promise<Served> {
  return runWorker(vars, undefined, false);
}

async function runWorker(vars: Record<string, string>, persist?: string, withObjects = true): Promise<Served> {
  const script = await readFile(await artefact("worker", "index.js"), "utf8");
  const folder = persist ?? (await mkdtemp(join(tmpdir(), "footfall-")));
  const { durableObjects, ...options } = miniflareOptions({ script, vars, persist: folder, port: 0, assets: ASSETS });
  let output = "";
  const collect = (stream: Readable) => stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const miniflare = new Miniflare({
    ...options,
    ...(withObjects && durableObjects && { durableObjects }),
    handleRuntimeStdio(stdout: Readable, stderr: Readable) {
      collect(stdout);
      collect(stderr);
    },
  });
  const url = await miniflare.ready;
  return {
    url: url.origin,
    output: () => output,
    async stop() {
      await miniflare.dispose();
      if (persist === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A file of `dist/`, which `npm test` builds first: an edit while that runs is no fault, so a run is asked how it began. */
async function artefact(...path: readonly string[]): Promise<string> {
  if (process.env["VITEST"] ? inject("staleDist") : isStale()) throw new Error('dist/ is older than src/: run "npm run build" first.');
  const file = join(DIST, ...path);
  await readFile(file).catch((error: Error) => {
    throw new Error(`${shown(file)} is not there: run "npm run build" first.`, { cause: error });
  });
  return file;
}
