import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../process.ts";
import { ROOT } from "../root.ts";

/** A process to start, and what it is asked first. */
export interface Start {
  readonly name: string;
  /** Node's arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly request: { readonly method: "GET" | "POST"; readonly path: string };
}

/** How long a start took, and how long its main thread computed meanwhile: which others on the machine hardly disturb. */
export interface Started {
  readonly ms: number;
  /** `NaN` where the system does not tell. */
  readonly cpuMs: number;
}

/** How long a start may take. */
const START_MS = 30_000;
/** How often its port is tried. */
const POLL_MS = 1;

/** Starts a process, waits for the first bytes of its first answer, which must be a 200, and ends it. */
export async function timeStart({ name, args, env, request }: Start): Promise<Started> {
  const port = await freePort();
  const begun = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", ...env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
    // With a group of its own, so that what it starts ends with it.
    detached: true,
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const end = () => {
    try {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  };
  process.once("exit", end);
  try {
    const head = `${request.method} ${request.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
    let answer = await ask(port, head, child.pid ?? 0);
    while (answer === null) {
      if (child.exitCode !== null || performance.now() - begun > START_MS) throw new Error(`${name} does not answer:\n${output}`);
      await sleep(POLL_MS);
      answer = await ask(port, head, child.pid ?? 0);
    }
    const started = { ms: answer.at - begun, cpuMs: answer.cpuMs };
    if (!answer.text.startsWith("HTTP/1.1 200")) throw new Error(`${name} answered ${answer.text}\n${output}`);
    return started;
  } finally {
    end();
    process.off("exit", end);
    await exited;
  }
}

/** Sends a request; `null` where nobody listens yet. */
function ask(port: number, head: string, pid: number): Promise<{ at: number; cpuMs: number; text: string } | null> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(null));
    socket.once("close", () => resolve(null));
    socket.once("connect", () => socket.write(head));
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
