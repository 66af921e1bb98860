import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { getMimeType } from "hono/utils/mime";
import type { Miniflare, MiniflareOptions } from "miniflare";
import { DIST, ROOT, shown } from "../root.ts";
import { ASSETS_BINDING, miniflareOptions } from "../workerd.ts";
import { createOutput } from "./output.ts";
import type { Settings } from "./settings.ts";
import type { WebParts } from "./web-parts.ts";

/** Where the counts are kept between runs. */
const PERSIST = join(ROOT, ".footfall", "durable-objects");
/** What a new version has to answer. */
const PROBE = "http://127.0.0.1/v1/health";
/** How long the line about a failed start may take from workerd to here, and how often it is looked for, in milliseconds. */
const LINE_MS = 1_000;
const POLL_MS = 10;

/** A worker as it can be served. */
export interface Version {
  readonly script: string;
  readonly map: string;
  readonly settings: Settings;
}

/** What a runtime is made with. */
export interface RuntimeOptions {
  /** Set whatever the settings say. */
  readonly vars: Record<string, string>;
  /** Whether counts are kept on disk. */
  readonly persist: boolean;
  /** Opens workerd's inspector. */
  readonly inspectorPort: number | undefined;
  readonly web: WebParts;
}

/** workerd, run by Miniflare. */
export interface Runtime {
  /** Starts or restarts workerd with a version. Throws what the version logs where it does not start, or refuses a setting. */
  run(version: Version): Promise<void>;
  fetch(request: Request): Promise<Response>;
}

/** Prepares a runtime. */
export function createRuntime({ vars, persist, inspectorPort, web }: RuntimeOptions): Runtime {
  const output = createOutput();
  let miniflare: Miniflare | undefined;

  async function optionsOf({ script, settings }: Version): Promise<MiniflareOptions> {
    const { Response } = await import("miniflare");
    const readAsset = async ({ url }: { url: string }) => {
      const { pathname } = new URL(url);
      const content = await web.find(pathname);
      const type = getMimeType(pathname) ?? "text/html; charset=utf-8";
      return content === undefined ? new Response(null, { status: 404 }) : new Response(content, { headers: { "Content-Type": type } });
    };
    return {
      ...miniflareOptions({ script, vars: { ...settings.vars, ...vars }, persist: persist && PERSIST, port: 0 }),
      compatibilityDate: settings.compatibilityDate,
      compatibilityFlags: settings.compatibilityFlags,
      durableObjects: settings.durableObjects,
      // What a debugger shows.
      name: "footfall",
      // Browsers do not trust its certificate: pages of other sites cannot go round the front.
      https: true,
      serviceBindings: { [ASSETS_BINDING]: readAsset },
      handleRuntimeStdio: output.take,
      ...(inspectorPort !== undefined && { inspectorPort }),
    };
  }

  return {
    async run(version) {
      if (persist) makeFolder();
      const { Miniflare } = await import("miniflare");
      const options = await optionsOf(version);
      const lines = output.capture();
      if (version.map) output.useMap(version.map, join(DIST, "worker"));
      try {
        if (miniflare) await miniflare.setOptions(options);
        else miniflare = new Miniflare(options);
        const { status } = await miniflare.dispatchFetch(PROBE);
        if (status === 500) throw new Error(`The new version answers ${PROBE} with 500.`);
      } catch (error) {
        for (let waited = 0; lines.length === 0 && waited < LINE_MS; waited += POLL_MS) await sleep(POLL_MS);
        throw lines.length === 0 ? error : new Error(lines.join("\n").replace(/^ERROR {2}/, ""), { cause: error });
      } finally {
        output.release();
      }
      for (const line of lines) console.log(line);
    },
    async fetch({ url, method, headers, body }) {
      if (!miniflare) throw new Error("the worker has not started");
      // Otherwise Miniflare compresses what is decompressed here.
      const uncompressed = { ...Object.fromEntries(headers), "accept-encoding": "identity" };
      const answer = await miniflare.dispatchFetch(url, { method, headers: uncompressed, body, redirect: "manual", duplex: "half" });
      return new Response(answer.body, { status: answer.status, headers: [...answer.headers] });
    },
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
