import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { workerOptions } from "../products.ts";
import { createCompiler } from "./compile.ts";
import { createRuntime, type RuntimeOptions, type Version } from "./runtime.ts";
import { readSettings, type Settings } from "./settings.ts";

/** Answers that are on their way may take this long before workerd is restarted, in milliseconds. */
const DRAIN_MS = 500;

/** Settings of the environment that the dev loop reads itself. */
const READ_HERE = new Set(["PORT", "DATASTORE_EMULATOR_HOST"]);

/** The worker, of the sources and settings as they are now. */
export interface DevWorker {
  /**
   * Compiles the sources, reads the settings, and serves them where something has changed; answers whether it had. Throws where they
   * are wrong or do not start; what was served before is still served then.
   */
  update(): Promise<boolean>;
  /** Answers a request; waits while the worker is replaced. `closed` resolves when the client has its answer, or has gone. */
  fetch(request: Request, closed: Promise<void>): Promise<Response>;
  /** The variables that are served. */
  vars(): Settings["vars"];
}

/** Prepares the worker; it starts with the first update. */
export function createDevWorker(options: RuntimeOptions): DevWorker {
  const runtime = createRuntime(options);
  // A debugger reads the map in the script itself.
  const compile = createCompiler(workerOptions, options.inspectorPort === undefined ? "external" : "inline");
  const inFlight = new Set<Promise<void>>();
  const warned = new Set<string>();
  let served: Version | undefined;
  /** Requests wait for it. */
  let restart: PromiseWithResolvers<void> | null = Promise.withResolvers();

  async function read(): Promise<Version> {
    // Miniflare takes long to load, and esbuild, a process of its own, compiles meanwhile.
    const [{ outputFiles, metafile }, settings] = await Promise.all([compile(), readSettings(), import("miniflare")]);
    checkClasses(
      settings,
      Object.values(metafile.outputs).flatMap((output) => output.exports),
    );
    const textOf = (end: string): string => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "";
    return { script: textOf(".js"), map: textOf(".map"), settings };
  }

  async function serve(next: Version): Promise<void> {
    const restarted = restart ?? Promise.withResolvers();
    restart = restarted;
    try {
      await Promise.race([Promise.all(inFlight), sleep(DRAIN_MS)]);
      await runtime.run(next);
      served = next;
    } catch (error) {
      if (served) await runtime.run(served);
      throw error;
    } finally {
      restart = null;
      restarted.resolve();
    }
  }

  /** Tells once what has no effect: a name that is no setting, and a setting in the environment, which is the Node server's. */
  async function warnOfUnread({ settings: { vars } }: Version): Promise<void> {
    // Loaded once the service is up.
    const names = new Set(Object.keys(await import("../../src/settings.ts")));
    const tell = (name: string, why: string): void => {
      if (!warned.has(name)) console.log(`${name} ${why}: it has no effect.`);
      warned.add(name);
    };
    for (const name of Object.keys(vars)) if (!names.has(name)) tell(name, "(.dev.vars or wrangler.toml) is no setting of the service");
    for (const name of names) {
      const given = READ_HERE.has(name) ? undefined : process.env[name];
      if (given && given !== vars[name]) tell(name, "stands in the environment, and npm run dev reads .dev.vars");
    }
  }

  return {
    async update() {
      const next = await read();
      if (isDeepStrictEqual(next, served)) return false;
      await serve(next);
      await warnOfUnread(next);
      return true;
    },
    async fetch(request, closed) {
      while (restart) await restart.promise;
      inFlight.add(closed);
      closed.then(() => inFlight.delete(closed));
      return runtime.fetch(request);
    },
    vars: () => ({ ...served?.settings.vars, ...options.vars }),
  };
}

/** Throws where a Durable Object's class is not the worker's: workerd would start, and every visit fail. */
function checkClasses({ durableObjects }: Settings, exported: readonly string[]): void {
  const classes = exported.filter((name) => name !== "default");
  for (const { className } of Object.values(durableObjects)) {
    if (classes.includes(className)) continue;
    throw new Error(`wrangler.toml: class_name is "${className}"; allowed is a class that src/worker.ts exports: ${classes.join(", ")}.`);
  }
}
