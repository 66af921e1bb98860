import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, start, waitForPort } from "../process.ts";
import { ROOT } from "../root.ts";
import { NODE_FLAGS } from "../server.ts";
import type { Observation } from "./observe.ts";

/** A server under load, in a process of its own. */
export interface Server {
  readonly url: string;
  /** What it saw since the last time. */
  observe(): Promise<Observation>;
  /** What its store says that pages of a site (the default one) have together, when nothing is on its way any more. */
  visits(pages: readonly string[], site?: string): Promise<number>;
  /** What it has printed of its own. */
  log(): string;
  /** Sends SIGTERM, and tells how it ended and how long that took. */
  terminate(): Promise<{ code: number | NodeJS.Signals; ms: number }>;
  stop(): Promise<void>;
}

const START_MS = 30_000;
const ANSWER_MS = 10_000;
const READ_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 20;
/** Pages that one read may ask for. */
const READ_PAGES = 100;
/** A count that stays for so long has no request on its way. */
const SETTLED_MS = 400;
const DEFAULT_SITE = "default";
const PREFIX = "observed ";

/** Settings of a server that counts in the emulator, apart from all others. */
export function inDatastore(emulator: string | null, name: string): Record<string, string> {
  const namespace = `bench-${name.replaceAll(/[^a-z0-9]+/gi, "-")}-${Date.now().toString(36)}`;
  return { STORE: "datastore", DATASTORE_EMULATOR_HOST: emulator ?? "", DATASTORE_NAMESPACE: namespace };
}

/** Settings of a server that counts in a file of its own. */
export function inSqlite(folder: string, name: string): Record<string, string> {
  return { STORE: "sqlite", SQLITE_PATH: join(folder, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.sqlite`) };
}

/** Starts a built server, with `build/bench/observe.ts` before it. */
export async function startServer(file: string, env: Record<string, string>, flags: readonly string[] = NODE_FLAGS): Promise<Server> {
  const port = await freePort();
  const observer = join(ROOT, "build", "bench", "observe.ts");
  const own = { PATH: process.env["PATH"] ?? "", ...env, PORT: String(port) };
  const running = start(process.execPath, [...flags, "--import", observer, file], { env: own });
  await waitForPort(port, running, START_MS);
  const url = `http://127.0.0.1:${port}`;

  /** Tries again for a while: what is still on its way may hold locks. */
  async function read(pages: readonly string[], site: string): Promise<number> {
    const deadline = Date.now() + READ_MS;
    const query = pages.map((page) => `&page=${encodeURIComponent(page)}`).join("");
    for (;;) {
      const response = await fetch(`${url}/v1/visits?site=${site}${query}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      const text = await response.text();
      if (response.ok) return sum((JSON.parse(text) as { pages: { visits: number }[] }).pages.map(({ visits }) => visits));
      if (Date.now() > deadline) throw new Error(`${file} answered ${response.status}: ${text}`);
    }
  }

  async function readAll(pages: readonly string[], site: string): Promise<number> {
    const chunks = Array.from({ length: Math.ceil(pages.length / READ_PAGES) }, (_, index) =>
      pages.slice(index * READ_PAGES, (index + 1) * READ_PAGES),
    );
    return sum(await Promise.all(chunks.map((chunk) => read(chunk, site))));
  }

  let ended = false;
  running.exited.then(() => {
    ended = true;
  });

  const observations = () =>
    running
      .output()
      .split("\n")
      .filter((line) => line.startsWith(PREFIX) && line.endsWith("}"));

  return {
    url,
    async observe() {
      if (ended) throw new Error(`${file} has ended:\n${running.output().slice(-2_000)}`);
      const before = observations().length;
      process.kill(running.pid, "SIGUSR2");
      const deadline = Date.now() + ANSWER_MS;
      while (observations().length === before) {
        if (Date.now() > deadline) throw new Error(`${file} does not say what it saw:\n${running.output().slice(-2_000)}`);
        await sleep(POLL_MS);
      }
      return JSON.parse((observations().at(-1) ?? "").slice(PREFIX.length));
    },
    async visits(pages, site = DEFAULT_SITE) {
      let last = await readAll(pages, site);
      for (;;) {
        await sleep(SETTLED_MS);
        const current = await readAll(pages, site);
        if (current === last) return current;
        last = current;
      }
    },
    log: () =>
      running
        .output()
        .split("\n")
        .filter((line) => !line.startsWith(PREFIX))
        .join("\n"),
    async terminate() {
      const begun = performance.now();
      process.kill(running.pid, "SIGTERM");
      const timer = setTimeout(() => void running.stop("SIGKILL"), STOP_MS);
      const code = await running.exited;
      clearTimeout(timer);
      return { code, ms: performance.now() - begun };
    },
    stop: () => running.stop(),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
