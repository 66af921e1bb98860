import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { connect, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { ROOT } from "./root.ts";

/** A program that runs beside this one, as the leader of its own process group. */
export interface Running {
  readonly pid: number;
  /** What it has printed so far, on both streams. */
  output(): string;
  /** Its exit code, or the signal that ended it; rejects where it cannot be started. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Signals the whole group, kills it after 10 s, and resolves when the program has ended. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** How long a program may take to end by itself. */
const STOP_MS = 10_000;
const POLL_MS = 25;

const kills = new Set<(signal: NodeJS.Signals) => boolean>();
// execa ends groups with SIGTERM at exit, which a hanging program ignores.
process.once("exit", () => {
  for (const kill of kills) kill("SIGKILL");
});

/** Starts a program, by default in the project's folder; its process group ends with this process. `env` replaces the whole environment. */
export function start(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; onOutput?: (text: string) => void } = {},
): Running {
  const child = execa(program, args, {
    cwd: options.cwd ?? ROOT,
    env: options.env ?? process.env,
    extendEnv: false,
    stdin: "ignore",
    buffer: false,
    reject: false,
    killDescendants: true,
    forceKillAfterDelay: false,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      options.onOutput?.(text);
    });
  }
  const exited = once(child.nodeChildProcess, "exit").then(([code, signal]: (number | NodeJS.Signals | null)[]) => code ?? signal ?? 0);
  // Prevents an unhandled rejection; callers still get it.
  exited.catch(() => {});
  const kill = (signal: NodeJS.Signals) => child.kill(signal);
  kills.add(kill);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    exited,
    async stop(signal = "SIGTERM") {
      kill(signal);
      const timer = setTimeout(kill, STOP_MS, "SIGKILL");
      await exited.catch(() => {});
      clearTimeout(timer);
      // What the program left behind in its group.
      kill("SIGKILL");
      kills.delete(kill);
    },
  };
}

/** Runs a program, of `node_modules/.bin` or of `PATH`, in the project's folder and on this terminal, without input. Answers its exit code. */
export async function runShown(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const stdio = ["ignore", "inherit", "inherit"] as const;
  const { exitCode = 1 } = await execa(program, args, { cwd: ROOT, preferLocal: true, localDir: ROOT, env, stdio, reject: false });
  return exitCode;
}

/** A port of 127.0.0.1 that nothing listens on now; rejects where another program has the one that was asked for. */
export async function freePort(port = 0): Promise<number> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}

/** Resolves when something listens on a port of 127.0.0.1; throws with the program's output where it ends first, or after `timeoutMs`. */
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
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    }).once("error", () => resolve(false));
  });
}

/** Where a program is in `PATH`, or `null`. */
export function findProgram(name: string): string | null {
  const paths = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name));
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
