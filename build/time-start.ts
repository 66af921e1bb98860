import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, start } from "./process.ts";

/** A process to start, and its first request. */
export interface Start {
  readonly name: string;
  /** Node's arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly request: { readonly method: "GET" | "POST"; readonly path: string };
}

/** How long a start took, and how long its main thread computed meanwhile, which other processes hardly disturb. */
export interface Started {
  readonly ms: number;
  /** `NaN` where the system does not tell. */
  readonly cpuMs: number;
}

const START_MS = 30_000;
const POLL_MS = 1;

/** Starts a process, waits for the first bytes of its first answer, which must be a 200, and ends it. */
export async function timeStart({ name, args, env, request }: Start): Promise<Started> {
  const port = await freePort();
  const head = `${request.method} ${request.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
  const begun = performance.now();
  const running = start(process.execPath, args, { env: { PATH: process.env["PATH"] ?? "", ...env, PORT: String(port) } });
  let ended = false;
  running.exited.then(() => {
    ended = true;
  });
  try {
    for (;;) {
      const answer = await ask(port, head, running.pid);
      if (answer?.text.startsWith("HTTP/1.1 200")) return { ms: answer.at - begun, cpuMs: answer.cpuMs };
      if (answer !== null) throw new Error(`${name} answered ${answer.text}\n${running.output()}`);
      if (ended || performance.now() - begun > START_MS) throw new Error(`${name} does not answer:\n${running.output()}`);
      await sleep(POLL_MS);
    }
  } finally {
    await running.stop("SIGKILL");
  }
}

/** Sends a request; `null` where nothing listens yet. */
function ask(port: number, head: string, pid: number): Promise<{ at: number; cpuMs: number; text: string } | null> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(head));
    socket.once("error", () => resolve(null)).once("close", () => resolve(null));
    socket.once("data", (bytes) => {
      resolve({ at: performance.now(), cpuMs: cpuOf(pid), text: bytes.toString("utf8") });
      socket.destroy();
    });
  });
}

/** https://docs.kernel.org/scheduler/sched-stats.html: the first number is nanoseconds on a CPU. */
function cpuOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ", 1)[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}
