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
  /** What its store says that a page has, when nothing is on its way any more. */
  visits(page: string): Promise<number>;
  stop(): Promise<void>;
}

const START_MS = 30_000;
const ANSWER_MS = 10_000;
const READ_MS = 60_000;
const POLL_MS = 20;
/** A count that stays for so long has no request on its way. */
const SETTLED_MS = 400;
const PREFIX = "observed ";

/** Starts a built server, with `build/bench/observe.ts` before it. */
export async function startServer(file: string, env: Record<string, string>): Promise<Server> {
  const port = await freePort();
  const observer = join(ROOT, "build", "bench", "observe.ts");
  const own = { PATH: process.env["PATH"] ?? "", ...env, PORT: String(port) };
  const running = start(process.execPath, [...NODE_FLAGS, "--import", observer, file], { env: own });
  await waitForPort(port, running, START_MS);
  const url = `http://127.0.0.1:${port}`;

  /** Tries again for a while: what is still on its way may hold locks. */
  async function read(page: string): Promise<number> {
    const deadline = Date.now() + READ_MS;
    for (;;) {
      const response = await fetch(`${url}/v1/visits?page=${encodeURIComponent(page)}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      const text = await response.text();
      if (response.ok) return (JSON.parse(text) as { pages: { visits: number }[] }).pages[0]?.visits ?? 0;
      if (Date.now() > deadline) throw new Error(`${file} answered ${response.status}: ${text}`);
    }
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
    async visits(page) {
      let last = await read(page);
      for (;;) {
        await sleep(SETTLED_MS);
        const current = await read(page);
        if (current === last) return current;
        last = current;
      }
    },
    stop: () => running.stop(),
  };
}
