import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { miniflareOptions } from "../../build/workerd.ts";

/** A worker that runs. */
export interface RunningWorker {
  readonly url: URL;
  stop(): Promise<void>;
}

/** A worker's source, such as `new URL("./store-worker.ts", import.meta.url)`, as one module. */
export async function bundleWorker(source: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(source)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker"],
    external: ["cloudflare:*"],
  });
  const [file] = outputFiles;
  if (!file) throw new Error("esbuild wrote nothing");
  return file.text;
}

/**
 * Runs a bundle under workerd, on a free port of loopback.
 *
 * @param options.vars what the worker finds in its environment
 * @param options.persist where the Durable Objects' data stays; without it they have a folder that goes when the worker stops
 */
export async function runWorker(options: { script: string; vars: Record<string, string>; persist?: string }): Promise<RunningWorker> {
  const { script, vars } = options;
  const persist = options.persist ?? (await mkdtemp(join(tmpdir(), "footfall-worker-")));
  const miniflare = new Miniflare(miniflareOptions({ script, vars, persist, port: 0 }));
  return {
    url: await miniflare.ready,
    stop: async () => {
      await miniflare.dispose();
      if (options.persist === undefined) await rm(persist, { recursive: true, force: true });
    },
  };
}
