import { createRequire } from "node:module";
import { join } from "node:path";
import type { BuildOptions } from "esbuild";
import type { Miniflare, MiniflareOptions, Request } from "miniflare";
import { ROOT } from "../root.ts";
import { miniflareOptions } from "../workerd.ts";
import type { DevAssets } from "./assets.ts";
import { createCompiler } from "./compile.ts";
import type { Output } from "./output.ts";
import type { Settings } from "./settings.ts";

/** Where the counts are kept between runs. */
const PERSIST = join(ROOT, ".footfall", "durable-objects");

/** The worker under workerd. */
export interface DevWorker {
  /** Compiles the sources; answers whether another script came out. Throws a `CompileError`. */
  compile(): Promise<boolean>;
  /** Runs the last script with these settings in place of what runs, and answers its origin. Throws where it does not start. */
  run(settings: Settings): Promise<string>;
  /** Runs what was run before the last failure. */
  runLastGood(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Prepares a worker.
 *
 * @param options.bundle what it is made of
 * @param options.vars set whatever the settings say
 * @param options.objects whether it counts in its Durable Objects
 * @param options.inspectorPort opens workerd's inspector
 */
export function createDevWorker(options: {
  bundle: BuildOptions;
  vars: Record<string, string>;
  objects: boolean;
  inspectorPort: number | undefined;
  assets: DevAssets;
  output: Output;
}): DevWorker {
  const { inspectorPort, assets, output } = options;
  // A debugger reads the map in the script itself.
  const compiler = createCompiler(options.bundle, inspectorPort === undefined ? "external" : "inline");
  // While esbuild builds for the first time: loading blocks.
  compiler.ready.then(() => setImmediate(load));
  let script = "";
  let miniflare: Miniflare | undefined;
  let lastGood: MiniflareOptions | undefined;

  async function answer(request: Request) {
    const { status, headers, body } = await assets.answer(new URL(request.url).pathname);
    return new (load().Response)(body, { status, headers });
  }

  function optionsOf({ vars, durableObjects, ...settings }: Settings): MiniflareOptions {
    return {
      ...miniflareOptions({ script, vars: { ...vars, ...options.vars }, persist: PERSIST, port: 0, assets: answer }),
      ...settings,
      durableObjects: options.objects ? (durableObjects ?? {}) : {},
      handleRuntimeStdio: output.take,
      ...(inspectorPort !== undefined && { inspectorPort }),
    };
  }

  async function serve(next: MiniflareOptions): Promise<string> {
    if (miniflare) await miniflare.setOptions(next);
    else miniflare = new (load().Miniflare)(next);
    const { origin } = await miniflare.ready;
    lastGood = next;
    return origin;
  }

  return {
    async compile() {
      const { outputFiles } = await compiler.compile();
      const text = outputFiles.find(({ path }) => path.endsWith(".js"))?.text ?? "";
      const map = outputFiles.find(({ path }) => path.endsWith(".map"));
      if (map) output.useMap(map.text, map.path);
      const isNew = text !== script;
      script = text;
      return isNew;
    },
    run: async (settings) => serve(optionsOf(settings)),
    async runLastGood() {
      if (!lastGood) throw new Error("The worker has never started.");
      return serve(lastGood);
    },
    async stop() {
      await Promise.all([miniflare?.dispose(), compiler.dispose()]);
    },
  };
}

/** `import` would read through its 4 MB for what kind of module it is, and take twice as long. */
function load(): typeof import("miniflare") {
  return createRequire(import.meta.url)("miniflare");
}
