import type { DevAssets } from "./assets.ts";
import { CompileError } from "./compile.ts";
import type { Front } from "./front.ts";
import { readSettings, type Settings } from "./settings.ts";
import type { DevWorker } from "./worker.ts";

/** What a change touches. */
interface Change {
  /** The worker's sources. */
  readonly source: boolean;
  /** wrangler.toml or .dev.vars. */
  readonly settings: boolean;
  readonly web: boolean;
  readonly sample: boolean;
}

/** What can fail by itself, while the last good version of it is served. */
type Part = "settings" | "compile" | "start" | "load" | "web";

/** An answer that is still on its way may take this long before workerd is started anew, in milliseconds. */
const DRAIN_MS = 500;

/** What is served now, and how a change becomes what is served next. */
export interface Session {
  /** Where workerd listens; pending while it is being started. */
  origin(): Promise<string>;
  /** Starts the worker. Throws where it cannot. */
  start(): Promise<Settings>;
  /** Serves a change. Never throws: what is wrong is printed, and told to the browsers. */
  apply(change: Change, name: string): Promise<void>;
}

/** Makes a session; `front` is in front of the worker, and is asked for once it is there. */
export function createSession(worker: DevWorker, assets: DevAssets, front: () => Front): Session {
  const began = Date.now();
  const problems = new Map<Part, string>();
  /** What could be served, and is not yet. */
  const due = { settings: false, script: false };
  let settings: Settings | undefined;
  let version = 0;
  let origin = Promise.all([readSettings(), worker.compile(), worker.prepare()]).then(([read]) => {
    settings = read;
    return worker.run(read);
  });
  // Whoever asks is told; nobody has to.
  origin.catch(() => {});

  async function attempt(part: Part, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      problems.delete(part);
    } catch (error) {
      const { message } = error as Error;
      console.error(`\n${error instanceof CompileError ? error.forTerminal : message}\n\nThe last good version is still served.`);
      problems.set(part, message);
    }
  }

  async function serveSettings(next: Settings): Promise<void> {
    await Promise.race([front().idle(), new Promise((resolve) => setTimeout(resolve, DRAIN_MS))]);
    const before = await origin;
    const started = worker.run(next);
    origin = started.catch(() => before);
    await started;
    due.settings = false;
    version += 1;
  }

  async function serveScript(): Promise<void> {
    await worker.load();
    due.script = false;
    version += 1;
  }

  function tell(): void {
    front().tell({ version: `${began}-${version}`, problem: [...problems.values()].join("\n\n") || null });
  }

  return {
    origin: () => origin,
    async start() {
      await origin;
      // Requests that wait need not wait for this: they load it as well. Here it is to be told why it does not load.
      await worker.load();
      const used = settings ?? (await readSettings());
      // A first answer has not waited for this.
      await worker.check(used);
      tell();
      return used;
    },
    async apply(change, name) {
      const from = performance.now();
      const before = version;
      const wasBroken = problems.size > 0;
      if (change.settings) {
        await attempt("settings", async () => {
          const read = await readSettings();
          await worker.check(read);
          settings = read;
          due.settings = true;
        });
      }
      if (change.source) {
        assets.forgetContract();
        await attempt("compile", async () => {
          due.script = (await worker.compile()) || due.script;
        });
      }
      const next = settings;
      if (next && due.settings && !problems.has("settings")) await attempt("start", () => serveSettings(next));
      if (due.script && !problems.has("compile")) await attempt("load", serveScript);
      if (change.web) {
        await attempt("web", async () => {
          if (await assets.rebuild()) version += 1;
        });
      }
      if (change.sample) version += 1;
      tell();
      if (version !== before) console.log(`${name}: served after ${Math.round(performance.now() - from)} ms`);
      else if (wasBroken && problems.size === 0) console.log(`${name}: as it was, and served`);
    },
  };
}
