import { join } from "node:path";
import { execa } from "execa";
import { ROOT } from "../../build/root.ts";

/** What a command came to; `code` is null where a signal ended it. */
interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

const TIMEOUT_MS = 1_800_000;

/** Starts a command of `build/operate` as npm does, with an environment of its own. */
export function startCommand(
  name: "import" | "export" | "smoke",
  args: readonly string[],
  env: Record<string, string> = {},
): { kill(): void; ended: Promise<Ended> } {
  const child = execa(process.execPath, [join("build", "operate", `${name}.ts`), ...args], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], ...env },
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    stripFinalNewline: false,
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const ended = child.then(({ exitCode = null, stdout, stderr }) => ({ code: exitCode, output: stdout, errors: stderr }));
  return { kill: () => child.kill(), ended };
}

/** Runs a command to its end. */
export function runCommand(...args: Parameters<typeof startCommand>): Promise<Ended> {
  return startCommand(...args).ended;
}
