import { createServer } from "node:net";
import { join } from "node:path";
import { freePort } from "../process.ts";
import { workerDatastoreOptions, workerOptions } from "../products.ts";
import { fail, ROOT, shown } from "../root.ts";
import { createDevAssets } from "./assets.ts";
import { CompileError } from "./compile.ts";
import { type Front, startFront } from "./front.ts";
import { prepareMiniflare } from "./miniflare.ts";
import { createOutput } from "./output.ts";
import { createSession, type Session } from "./session.ts";
import { VARS_FILE, WRANGLER_FILE } from "./settings.ts";
import { onEnd } from "./stop.ts";
import { createDevWorker } from "./worker.ts";

/** Where debuggers look. */
const INSPECTOR_PORT = 9_229;
const SOURCES = join(ROOT, "src");
const WEB = join(SOURCES, "web");
const SAMPLE = join(ROOT, "build", "sample");
const MANIFEST = join(ROOT, "package.json");

/** What `npm run dev` was asked for. */
export interface LoopOptions {
  /** 0 for any that is free. */
  readonly port: number;
  readonly sample: boolean;
  readonly datastore: boolean;
  readonly inspect: boolean;
}

/** Runs the loop until the process is told to end. */
export async function startLoop(options: LoopOptions): Promise<void> {
  const began = performance.now();
  // What the first answer does not need is loaded when it is needed.
  const emulator = options.datastore ? await (await import("./emulator.ts")).openEmulator() : null;
  const inspectorPort = options.inspect ? await portFrom(INSPECTOR_PORT) : undefined;
  const assets = createDevAssets();
  const worker = createDevWorker({
    bundle: emulator ? workerDatastoreOptions : workerOptions,
    vars: emulator?.vars ?? {},
    objects: emulator === null,
    inspectorPort,
    assets,
    output: createOutput(),
  });
  let front: Front | undefined;
  const session = createSession(worker, assets, () => front ?? fail("There is no server yet."));
  onEnd(() => Promise.all([worker.stop(), assets.dispose(), emulator?.stop()]));
  front = await startFront(options.port, session.origin).catch(async (error: Error) => fail(await takenPort(options.port, error)));
  onEnd(front.close);
  const settings = await session.start().catch((error: Error) => fail(error instanceof CompileError ? error.forTerminal : error.message));
  const website = await startWebsite(front, options.port);
  greet(front.url, website, emulator?.name ?? `Durable Objects, kept in ${shown(join(ROOT, ".footfall"))}/`, performance.now() - began);
  if (inspectorPort) console.log(`  inspector  http://127.0.0.1:${inspectorPort}/json (chrome://inspect finds it)`);
  await watchAll(session);
  onEnd(prepareMiniflare());
  if (options.sample) {
    const { fillWithSample } = await import("./sample-data.ts");
    const filled = await fillWithSample(front.url, settings.vars["ADMIN_KEY"] ?? "");
    console.log(filled.length > 0 ? `filled with sample visits: ${filled.join(", ")}` : "the sample visits are there already");
  }
  // So that the dashboard's first visitor does not wait for it, and an error in it shows.
  await session.apply({ source: false, settings: false, web: true, sample: false }, "the web parts");
}

/** A port where it is free, else another. */
async function portFrom(wanted: number): Promise<number> {
  const probe = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    probe.once("error", () => resolve(false)).listen(wanted, "127.0.0.1", () => resolve(true));
  });
  if (!isFree) return freePort();
  await new Promise((resolve) => probe.close(resolve));
  return wanted;
}

/** The sample website counts at the service, and is reloaded with it. */
async function startWebsite(front: Front, port: number): Promise<string> {
  const { startSample } = await import("../sample/serve.ts");
  const sample = await startSample(front.url);
  const open = (wanted: number): Promise<Front> => startFront(wanted, async () => sample.url, front.url);
  // One above the service's port, where that is free.
  const website = await open(port === 0 ? 0 : port + 1).catch(() => open(0));
  onEnd(() => Promise.all([website.close(), sample.stop()]));
  return website.url;
}

/** Serves changes one after the other; what changes meanwhile is the next one. */
async function watchAll(session: Session): Promise<void> {
  let waiting = new Set<string>();
  let isWorking = false;

  async function onChange(paths: ReadonlySet<string>): Promise<void> {
    waiting = new Set([...waiting, ...paths]);
    if (isWorking) return;
    isWorking = true;
    while (waiting.size > 0) {
      const changed = [...waiting];
      waiting = new Set();
      const change = {
        source: changed.some((path) => (path.startsWith(SOURCES) && !path.startsWith(WEB)) || path === MANIFEST),
        settings: changed.some((path) => path === WRANGLER_FILE || path === VARS_FILE),
        web: changed.some((path) => path.startsWith(WEB)),
        sample: changed.some((path) => path.startsWith(SAMPLE)),
      };
      await session.apply(change, changed.map(shown).join(", "));
    }
    isWorking = false;
  }

  const { watchFiles } = await import("./watch.ts");
  const watcher = await watchFiles([SOURCES, SAMPLE], [WRANGLER_FILE, VARS_FILE, MANIFEST], onChange);
  onEnd(watcher.close);
}

function greet(url: string, website: string, store: string, tookMs: number): void {
  console.log(`footfall runs under workerd, ready after ${Math.round(tookMs)} ms
  dashboard  ${url}/
  sample     ${website}/   (a website with the tag)
  counts in  ${store}
Edits in ${shown(SOURCES)}/, ${shown(WRANGLER_FILE)} and ${shown(VARS_FILE)} are served at once. Ctrl-C ends it.`);
}

async function takenPort(port: number, error: NodeJS.ErrnoException): Promise<string> {
  const reason = error.code === "EADDRINUSE" ? "another program listens there" : error.message;
  return `Port ${port} of 127.0.0.1 cannot be had: ${reason}. Choose another: PORT=${await portFrom(port + 2)} npm run dev`;
}
