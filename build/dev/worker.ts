import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { getMimeType } from "hono/utils/mime";
import type { Miniflare, MiniflareOptions } from "miniflare";
import { workerOptions } from "../products.ts";
import { DIST, ROOT, shown } from "../root.ts";
import { ASSETS_BINDING, miniflareOptions } from "../workerd.ts";
import { createCompiler } from "./compile.ts";
import { createOutput } from "./output.ts";
import { readSettings, type Settings } from "./settings.ts";
import type { WebParts } from "./web-parts.ts";

/** Where the counts are kept between runs. */
const PERSIST = join(ROOT, ".footfall", "durable-objects");
/** Answers that are on their way may take this long before workerd is restarted, in milliseconds. */
const DRAIN_MS = 500;
/** What a new version has to answer before it is served. */
const PROBE = "http://127.0.0.1/v1/health";
/** How long the line about a failed start may take from workerd to here, and how often it is looked for, in milliseconds. */
const LINE_MS = 1_000;
const POLL_MS = 10;

/** A worker as it can be served. */
interface Version {
  readonly script: string;
  readonly map: string;
  readonly settings: Settings;
}

/** The worker under workerd. */
export interface DevWorker {
  /**
   * Compiles the sources, reads the settings, and serves them where something has changed; answers whether it had. Throws where they
   * are wrong or do not start; then what was served before is still served.
   */
  update(): Promise<boolean>;
  /** Answers a request; waits while there is nothing that could. */
  fetch(request: Request, closed: Promise<void>): Promise<Response>;
  /** The settings that are served. */
  vars(): Settings["vars"];
}

/**
 * Prepares a worker.
 *
 * @param options.vars set whatever the settings say
 * @param options.persist whether counts are kept on disk
 * @param options.inspectorPort opens workerd's inspector
 */
export function createDevWorker(options: {
  vars: Record<string, string>;
  persist: boolean;
  inspectorPort: number | undefined;
  web: WebParts;
}): DevWorker {
  const { inspectorPort, web } = options;
  // A debugger reads the map in the script itself.
  const compiler = createCompiler(workerOptions, inspectorPort === undefined ? "external" : "inline");
  const output = createOutput();
  const inFlight = new Set<Promise<void>>();
  const warned = new Set<string>();
  let miniflare: Miniflare | undefined;
  let served: Version | undefined;
  let opening = Promise.withResolvers<void>();
  /** Requests wait while it is there. */
  let gate: Promise<void> | null = opening.promise;

  async function compile(): Promise<Pick<Version, "script" | "map">> {
    const { outputFiles } = await compiler.compile();
    const textOf = (end: string): string => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "";
    return { script: textOf(".js"), map: textOf(".map") };
  }

  async function optionsOf({ script, settings: { vars, ...others } }: Version): Promise<MiniflareOptions> {
    const { Response } = await import("miniflare");
    const readAsset = async ({ url }: { url: string }) => {
      const { pathname } = new URL(url);
      const content = await web.find(pathname);
      const type = getMimeType(pathname) ?? "text/html; charset=utf-8";
      return content === undefined ? new Response(null, { status: 404 }) : new Response(content, { headers: { "Content-Type": type } });
    };
    return {
      ...miniflareOptions({ script, vars: { ...vars, ...options.vars }, persist: options.persist && PERSIST, port: 0 }),
      ...others,
      // What a debugger shows.
      name: "footfall",
      // Browsers do not trust its certificate: pages of other sites cannot go round the front.
      https: true,
      serviceBindings: { [ASSETS_BINDING]: readAsset },
      handleRuntimeStdio: output.take,
      ...(inspectorPort !== undefined && { inspectorPort }),
    };
  }

  /** Restarts workerd with a version and asks it once; throws what it logs where it does not start, or refuses a setting. */
  async function run(version: Version): Promise<void> {
    const { Miniflare } = await import("miniflare");
    const next = await optionsOf(version);
    const lines = output.capture();
    if (version.map) output.useMap(version.map, join(DIST, "worker"));
    try {
      if (miniflare) await miniflare.setOptions(next);
      else miniflare = new Miniflare(next);
      const { status } = await miniflare.dispatchFetch(PROBE);
      if (status === 500) throw new Error(`The new version answers ${PROBE} with 500.`);
    } catch (error) {
      for (let waited = 0; lines.length === 0 && waited < LINE_MS; waited += POLL_MS) await sleep(POLL_MS);
      throw lines.length === 0 ? error : new Error(lines.join("\n").replace(/^ERROR {2}/, ""), { cause: error });
    } finally {
      output.release();
    }
    for (const line of lines) console.log(line);
  }

  /** A name that the worker's code does not contain is no setting of it. */
  function warnOfUnknown({ script, settings: { vars } }: Version): void {
    const unknown = Object.keys(vars).filter((name) => !warned.has(name) && !new RegExp(`\\b${name}\\b`).test(script));
    for (const name of unknown) {
      warned.add(name);
      console.log(`${name} (.dev.vars or wrangler.toml) is no setting of the service: it has no effect.`);
    }
  }

  return {
    async update() {
      const [compiled, settings] = await Promise.all([compile(), readSettings(), import("miniflare")]);
      const next = { ...compiled, settings };
      if (isDeepStrictEqual(next, served)) return false;
      if (options.persist) makeFolder();
      if (served) opening = Promise.withResolvers();
      gate = opening.promise;
      try {
        await Promise.race([Promise.all(inFlight), sleep(DRAIN_MS)]);
        await run(next);
        served = next;
      } catch (error) {
        if (served) await run(served);
        throw error;
      } finally {
        gate = null;
        opening.resolve();
      }
      warnOfUnknown(next);
      return true;
    },
    async fetch(request, closed) {
      while (gate) await gate;
      inFlight.add(closed);
      closed.then(() => inFlight.delete(closed));
      if (!miniflare) throw new Error("the worker has not started");
      const { url, method, body } = request;
      // Otherwise Miniflare compresses what is decompressed here.
      const headers = { ...Object.fromEntries(request.headers), "accept-encoding": "identity" };
      const answer = await miniflare.dispatchFetch(url, { method, headers, body, redirect: "manual", duplex: "half" });
      return new Response(answer.body, { status: answer.status, headers: [...answer.headers] });
    },
    vars: () => ({ ...served?.settings.vars, ...options.vars }),
  };
}

function makeFolder(): void {
  try {
    mkdirSync(PERSIST, { recursive: true });
    accessSync(PERSIST, constants.W_OK);
  } catch (error) {
    throw new Error(`Counts cannot be kept in ${shown(PERSIST)}/: ${(error as Error).message}`, { cause: error });
  }
}
