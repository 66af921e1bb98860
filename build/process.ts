import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { connect, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "./root.ts";

/** A program that runs beside this one, as the leader of its own process group. */
export interface Running {
  readonly pid: number;
  /** What it has printed so far, on both streams. */
  output(): string;
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Asks the whole group to end, then ends it, and resolves when the program is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** How long a program may take to end by itself. */
const STOP_MS = 10_000;
/** How often a port is tried. */
const POLL_MS = 25;

const groups = new Set<number>();
process.on("exit", () => {
  for (const pid of groups) signalGroup(pid, "SIGKILL");
});

/** Starts a program; its group is killed with this process, however that exits. */
export function start(
  program: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; onOutput?: (text: string) => void } = {},
): Running {
  const child = spawn(program, args, { cwd: ROOT, env: options.env ?? process.env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      options.onOutput?.(text);
    });
  }
  const exited = exitOf(child);
  const pid = child.pid ?? 0;
  if (pid > 0) groups.add(pid);
  return {
    pid,
    output: () => output,
    exited,
    async stop(signal = "SIGTERM") {
      if (pid > 0) signalGroup(pid, signal);
      const timer = setTimeout(() => pid > 0 && signalGroup(pid, "SIGKILL"), STOP_MS);
      await exited.catch(() => {});
      clearTimeout(timer);
      // What the program leaves behind of its group.
      if (pid > 0) signalGroup(pid, "SIGKILL");
      groups.delete(pid);
    },
  };
}

function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const exited = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once("error", reject).once("exit", (code, signal) => resolve(code ?? signal ?? 0));
  });
  // Whoever waits is told; nobody has to.
  exited.catch(() => {});
  return exited;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}

/** Resolves when something answers on a port of 127.0.0.1; throws with the program's output where it ends before, or takes too long. */
export async function waitForPort(port: number, running: Running, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let ended: string | undefined;
  running.exited.then(
    (code) => {
      ended = `ended with ${code}`;
    },
    (error: Error) => {
      ended = error.message;
    },
  );
  while (!(await answers(port))) {
    if (ended !== undefined) throw new Error(`The program ${ended} before it listened on port ${port}:\n${running.output()}`);
    if (Date.now() > deadline) throw new Error(`Nothing answers on port ${port} after ${timeoutMs} ms:\n${running.output()}`);
    await sleep(POLL_MS);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** Where a program is in `PATH`, or `null`. */
export function findProgram(name: string): string | null {
  const found = (process.env["PATH"] ?? "").split(delimiter).find((folder) => isExecutable(join(folder, name)));
  return found === undefined ? null : join(found, name);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
