import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../build/root.ts";

/** A command of `build/operate` that runs. */
export interface RunningCommand {
  readonly process: ChildProcess;
  readonly ended: Promise<{ code: number | null; output: string; errors: string }>;
}

const TIMEOUT_MS = 1_800_000;

/** Starts a command of `build/operate` as npm does, with an environment of its own. */
export function startCommand(
  name: "import" | "export" | "smoke",
  args: readonly string[],
  env: Record<string, string> = {},
): RunningCommand {
  const child = spawn(process.execPath, [join("build", "operate", `${name}.ts`), ...args], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const texts = [child.stdout, child.stderr].map((stream) => stream.setEncoding("utf8").toArray());
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  const ended = Promise.all([closed, ...texts]).then(([code, output = [], errors = []]) => ({
    code,
    output: output.join(""),
    errors: errors.join(""),
  }));
  return { process: child, ended };
}

/** Runs a command to its end. */
export function runCommand(...args: Parameters<typeof startCommand>): RunningCommand["ended"] {
  return startCommand(...args).ended;
}
