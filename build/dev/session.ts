import { performance } from "node:perf_hooks";
import type { DevAssets } from "./assets.ts";
import { CompileError } from "./compile.ts";
import type { Front } from "./front.ts";
import { readSettings, type Settings } from "./settings.ts";
import type { DevWorker } from "./worker.ts";

/** What a change touches. */
export interface Change {
  /** The worker's sources. */
  readonly source: boolean;
  /** wrangler.toml or .dev.vars. */
  readonly settings: boolean;
  readonly web: boolean;
  readonly sample: boolean;
}

/** What can fail by itself, while the last good version of it is served. */
type Part = "settings" | "compile" | "start" | "web";

/** An answer that is still on its way may take this long before its worker is replaced, in milliseconds. */
const DRAIN_MS = 500;

/** What is served now, and how a change becomes what is served next. */
export interface Session {
  /** Where the worker listens; pending while it is being replaced. */
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
  const compiled = worker.compile();
  let settings: Settings;
  let version = 0;
  /** The worker that runs is not the one that could. */
  let isDue = false;
  let origin = readSettings().then(async (read) => {
    settings = read;
    await compiled;
    return worker.run(settings);
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

  async function replaceWorker(): Promise<void> {
    await Promise.race([front().idle(), new Promise((resolve) => setTimeout(resolve, DRAIN_MS))]);
    const next = worker.run(settings);
    origin = next.catch(() => worker.runLastGood());
    await next;
    isDue = false;
    version += 1;
  }

  function tell(): void {
    front().tell({ version: `${began}-${version}`, problem: [...problems.values()].join("\n\n") || null });
  }

  return {
    origin: () => origin,
    async start() {
      await origin;
      tell();
      return settings;
    },
    async apply(change, name) {
      const from = performance.now();
      const before = version;
      if (change.settings) {
        await attempt("settings", async () => {
          settings = await readSettings();
          isDue = true;
        });
      }
      if (change.source) {
        assets.forgetContract();
        await attempt("compile", async () => {
          isDue = (await worker.compile()) || isDue;
        });
      }
      if (isDue && !problems.has("settings") && !problems.has("compile")) await attempt("start", replaceWorker);
      if (change.web) {
        await attempt("web", async () => {
          if (await assets.rebuild()) version += 1;
        });
      }
      if (change.sample) version += 1;
      tell();
      if (version !== before) console.log(`${name}: served after ${Math.round(performance.now() - from)} ms`);
    },
  };
}
