import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { BuildOptions } from "esbuild";
import type { Miniflare, MiniflareOptions, Request } from "miniflare";
import { ROOT } from "../root.ts";
import { miniflareOptions } from "../workerd.ts";
import type { DevAssets } from "./assets.ts";
import { createCompiler } from "./compile.ts";
import { http } from "./http.ts";
import { loadMiniflare } from "./miniflare.ts";
import type { Output } from "./output.ts";
import { checkVars, type Settings } from "./settings.ts";

/** Where the counts are kept between runs. */
const PERSIST = join(ROOT, ".footfall", "durable-objects");
/** How long a version may take to load. */
const LOAD_MS = 10_000;

/** The worker under workerd. */
export interface DevWorker {
  /** Loads what runs it, which holds the thread: while esbuild, a process of its own, compiles. */
  prepare(): Promise<void>;
  /** Compiles the sources; answers whether another script came out. Throws a `CompileError`. */
  compile(): Promise<boolean>;
  /** Throws one line where the worker would refuse a setting. */
  check(settings: Settings): Promise<void>;
  /** Starts workerd with these settings and what was compiled, anew where it runs already, and answers its origin. What it served it serves again. */
  run(settings: Settings): Promise<string>;
  /** Serves the script that was compiled last. Throws where it does not load, and then the one before is still served. */
  load(): Promise<void>;
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
  const shell = readFile(join(import.meta.dirname, "shell.js"), "utf8");
  /** The scripts that workerd may ask for: the newest, and the one that is served. */
  const scripts = new Map<string, string>();
  let newest = "";
  let served = "";
  let versions = 0;
  let miniflare: Miniflare | undefined;
  let lastGood: MiniflareOptions | undefined;

  /** Answers workerd's question for a module. */
  function resolveModule({ url }: Request) {
    const { Response } = loadMiniflare();
    const name = new URL(url).searchParams.get("specifier") ?? "";
    const text = scripts.get(name);
    return text === undefined ? new Response(null, { status: 404 }) : Response.json({ name: name.slice(1), esModule: text });
  }

  async function optionsOf({ vars, durableObjects, ...settings }: Settings): Promise<MiniflareOptions> {
    const objects = options.objects ? durableObjects : {};
    const exports = Object.values(objects).map(({ className }) => `export const ${className} = shellOf("${className}");`);
    const first = served || newest;
    return {
      ...miniflareOptions({
        script: [`const FIRST = ${JSON.stringify(first)};`, await shell, ...exports].join("\n"),
        // workerd asks for the later ones.
        modules: { [first.slice(1)]: scripts.get(first) ?? "" },
        vars: { ...vars, ...options.vars },
        persist: PERSIST,
        port: 0,
        assets: { address: await assets.address },
      }),
      // What a debugger shows.
      name: "footfall",
      ...settings,
      durableObjects: objects,
      unsafeModuleFallbackService: resolveModule,
      unsafeUseModuleFallbackService: true,
      handleRuntimeStdio: output.take,
      ...(inspectorPort !== undefined && { inspectorPort }),
    };
  }

  async function start(next: MiniflareOptions): Promise<string> {
    if (miniflare) await miniflare.setOptions(next);
    else miniflare = new (loadMiniflare().Miniflare)(next);
    const { origin } = await miniflare.ready;
    lastGood = next;
    return origin;
  }

  return {
    async prepare() {
      await compiler.working();
      loadMiniflare();
    },
    async compile() {
      const { outputFiles } = await compiler.compile();
      const text = outputFiles.find(({ path }) => path.endsWith(".js"))?.text ?? "";
      const map = outputFiles.find(({ path }) => path.endsWith(".map"));
      if (text === scripts.get(newest)) return false;
      if (newest !== served) scripts.delete(newest);
      versions += 1;
      newest = `/worker-${versions}.js`;
      scripts.set(newest, text);
      if (map) output.addMap(newest, map.text, map.path);
      return true;
    },
    check: ({ vars }) => checkVars({ ...vars, ...options.vars }, options.objects ? "sqlite" : "datastore"),
    async run(settings) {
      const next = await optionsOf(settings);
      return start(next).catch(async (error: Error) => {
        if (lastGood) await start(lastGood);
        throw error;
      });
    },
    async load() {
      const answer = await ask(`${await miniflare?.ready}`, { "x-dev-load": newest });
      const text = (await answer.setEncoding("utf8").toArray()).join("");
      if (answer.statusCode !== 200) throw new Error(output.toSource(text));
      if (served !== newest) scripts.delete(served);
      served = newest;
    },
    async stop() {
      await Promise.all([miniflare?.dispose(), compiler.dispose()]);
    },
  };
}

/** Asks with what is loaded already: the first `fetch` of a process takes long. */
function ask(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    http.get(url, { headers, signal: AbortSignal.timeout(LOAD_MS) }, resolve).once("error", reject);
  });
}
