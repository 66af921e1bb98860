import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Observation } from "../observe.ts";
import { freePort, type Running, start, waitForPort } from "../process.ts";
import { ROOT } from "../root.ts";
import { NODE_FLAGS } from "../server.ts";

/** A server under load, in a process of its own. */
export interface Server {
  readonly url: string;
  readonly process: Running;
  /** What it saw since the last time. */
  observe(): Promise<Observation>;
  /** What its store says that pages of a site (the default one) have together, once the count no longer changes. */
  visits(pages: readonly string[], site?: string): Promise<number>;
  stop(): Promise<void>;
}

const START_MS = 30_000;
const ANSWER_MS = 10_000;
const READ_MS = 60_000;
const POLL_MS = 20;
/** Pages that one read may ask for. */
const READ_PAGES = 100;
/** A count that stays for so long has no request on its way. */
const SETTLED_MS = 400;
const OBSERVED = /^observed (\{.*\})$/gm;

/** Settings of a server that counts in the emulator, apart from all others. */
export function inDatastore(emulator: string | null, name: string): Record<string, string> {
  const namespace = `bench-${plain(name)}-${Date.now().toString(36)}`;
  return { STORE: "datastore", DATASTORE_EMULATOR_HOST: emulator ?? "", DATASTORE_NAMESPACE: namespace };
}

/** Settings of a server that counts in a file of its own. */
export function inSqlite(folder: string, name: string): Record<string, string> {
  return { STORE: "sqlite", SQLITE_PATH: join(folder, `${plain(name)}.sqlite`) };
}

function plain(name: string): string {
  return name.replaceAll(/[^a-z0-9]+/gi, "-");
}

/** Starts a built server, with `build/observe.ts` before it. */
export async function startServer(file: string, env: Record<string, string>, flags: readonly string[] = NODE_FLAGS): Promise<Server> {
  const port = await freePort();
  const observer = join(ROOT, "build", "observe.ts");
  const own = { PATH: process.env["PATH"] ?? "", ...env, PORT: String(port) };
  const running = start(process.execPath, [...flags, "--import", observer, file], { env: own });
  await waitForPort(port, running, START_MS);
  const url = `http://127.0.0.1:${port}`;
  const observations = () => [...running.output().matchAll(OBSERVED)].map(([, json = ""]) => json);

  /** Tries again for a while: what is still on its way may hold locks. */
  async function read(pages: readonly string[], site: string): Promise<number> {
    const deadline = Date.now() + READ_MS;
    const query = new URLSearchParams([["site", site], ...pages.map((page): [string, string] => ["page", page])]);
    for (;;) {
      const response = await fetch(`${url}/v1/visits?${query}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      const text = await response.text();
      if (response.ok) return (JSON.parse(text) as { pages: { visits: number }[] }).pages.reduce((sum, { visits }) => sum + visits, 0);
      if (Date.now() > deadline) throw new Error(`${file} answered ${response.status}: ${text}`);
    }
  }

  return {
    url,
    process: running,
    async observe() {
      const before = observations().length;
      process.kill(running.pid, "SIGUSR2");
      const deadline = Date.now() + ANSWER_MS;
      while (observations().length === before) {
        if (Date.now() > deadline) throw new Error(`${file} does not say what it saw:\n${running.output().slice(-2_000)}`);
        await sleep(POLL_MS);
      }
      return JSON.parse(observations().at(-1) ?? "");
    },
    async visits(pages, site = "default") {
      for (let last = Number.NaN; ; ) {
        let sum = 0;
        for (let from = 0; from < pages.length; from += READ_PAGES) sum += await read(pages.slice(from, from + READ_PAGES), site);
        if (sum === last) return sum;
        last = sum;
        await sleep(SETTLED_MS);
      }
    },
    stop: () => running.stop(),
  };
}
