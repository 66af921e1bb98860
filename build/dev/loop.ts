import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { fail, ROOT, shown } from "../root.ts";
import { startSample } from "../sample/serve.ts";
import { type Front, startFront } from "./front.ts";
import { VARS_FILE, WRANGLER_FILE } from "./settings.ts";
import { watchFiles, watchFolders } from "./watch.ts";
import { createWebParts } from "./web-parts.ts";
import { createDevWorker } from "./worker.ts";

/** Where debuggers look. */
const INSPECTOR_PORT = 9_229;
const SOURCES = join(ROOT, "src");
const SAMPLE = join(ROOT, "build", "sample");
/** An editor may write a file in steps, or several at once; this long after the first they are taken as written, in milliseconds. */
const SETTLE_MS = 5;

/** What `npm run dev` was asked for. */
export interface LoopOptions {
  /** 0 for any that is free. */
  readonly port: number;
  readonly sample: boolean;
  readonly datastore: boolean;
  readonly inspect: boolean;
}

/** Runs the loop until the process is told to end. Throws an error of one line where it cannot start. */
export async function startLoop(options: LoopOptions): Promise<void> {
  const began = performance.now();
  // Before Miniflare's own listeners, which would exit with 130. What runs beside this process is killed as it exits.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(0));
  const emulator = options.datastore ? await (await import("./emulator.ts")).openEmulator() : null;
  const inspectorPort = options.inspect ? await portFrom(INSPECTOR_PORT) : undefined;
  const web = createWebParts();
  const worker = createDevWorker({ vars: emulator?.vars ?? {}, persist: emulator === null, inspectorPort, web });
  // Listens early: requests wait for the worker.
  const started = worker.update();
  started.catch(() => {});
  const front = await startFront(options.port, worker.fetch).catch(async (error: Error) => fail(await takenPort(options.port, error)));
  await started;
  // On the next port, where that is free.
  const openSample = (port: number) => startSample(front.url, port, front.reloadScript);
  const sample = await openSample(options.port === 0 ? 0 : options.port + 1).catch(() => openSample(0));

  const counts = emulator?.name ?? `Durable Objects, kept in ${shown(join(ROOT, ".footfall"))}/`;
  console.log(`footfall runs under workerd, ready after ${Math.round(performance.now() - began)} ms
  dashboard  ${front.url}/
  sample     ${sample.url}/   (a website with the tag)
  counts in  ${counts}
Edits in ${shown(SOURCES)}/, ${shown(WRANGLER_FILE)} and ${shown(VARS_FILE)} are served at once. Ctrl-C ends it.`);
  if (inspectorPort) console.log(`  inspector  http://127.0.0.1:${inspectorPort}/json (chrome://inspect finds it)`);

  const onChange = createUpdater([worker, web], front);
  watchFolders([SOURCES, SAMPLE], onChange);
  watchFiles(ROOT, [WRANGLER_FILE, VARS_FILE].map(shown), onChange);
  if (options.sample) {
    const { fillWithSample } = await import("./sample-data.ts");
    const filled = await fillWithSample(front.url, worker.vars()["ADMIN_KEY"] ?? "");
    console.log(filled.length > 0 ? `filled with sample visits: ${filled.join(", ")}` : "the sample visits are there already");
  }
}

/** Something that is made of the files that are watched. */
interface Part {
  /** Answers whether something new is served. */
  update(): Promise<boolean>;
}

/** Answers what takes changed paths: it updates all parts, one change after the other, and tells the browsers. */
function createUpdater(parts: readonly Part[], front: Front): (path: string) => Promise<void> {
  const waiting = new Set<string>();
  let isWorking = false;
  let wasBroken = false;
  let version = 0;

  async function update(names: string): Promise<void> {
    const from = performance.now();
    const before = version;
    const problems: string[] = [];
    for (const part of parts) {
      try {
        if (!(await part.update())) continue;
        version += 1;
        console.log(`${names}: served after ${Math.round(performance.now() - from)} ms`);
      } catch (error) {
        const { message } = error as Error;
        console.error(`\n${message}\n\nThe last good version is still served.`);
        problems.push(stripVTControlCharacters(message));
      }
    }
    if (names.includes(shown(SAMPLE))) version += 1;
    if (version === before && wasBroken && problems.length === 0) console.log(`${names}: as it was, and served`);
    wasBroken = problems.length > 0;
    front.tell({ version, problem: problems.join("\n\n") || null });
  }

  return async (path) => {
    waiting.add(path);
    if (isWorking) return;
    isWorking = true;
    while (waiting.size > 0) {
      await sleep(SETTLE_MS);
      const names = [...waiting].map(shown).join(", ");
      waiting.clear();
      await update(names);
    }
    isWorking = false;
  };
}

/** A port where it is free, else another. */
async function portFrom(wanted: number): Promise<number> {
  const probe = createServer();
  const listening = (port: number) => once(probe.listen(port, "127.0.0.1"), "listening");
  await listening(wanted).catch(() => listening(0));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function takenPort(port: number, error: NodeJS.ErrnoException): Promise<string> {
  const reason = error.code === "EADDRINUSE" ? "another program listens there" : error.message;
  return `Port ${port} of 127.0.0.1 cannot be had: ${reason}. Choose another: PORT=${await portFrom(port + 2)} npm run dev`;
}
