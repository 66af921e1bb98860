import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { ROOT } from "../root.ts";
import { type Command, fillIn, line, type Step } from "./step.ts";

/** A new account is known everywhere within a minute or two. */
const PAUSE_MS = 10_000;
const MAX_TRIES = 12;

/** A step that failed. */
export class StepError extends Error {
  override readonly name = "StepError";
}

/** Takes every step in turn, printing each command before it is run, and answers what was saved. Throws {@link StepError}. */
export async function runPlan(plan: readonly Step[], pauseMs = PAUSE_MS): Promise<ReadonlyMap<string, string>> {
  const saved = new Map<string, string>();
  for (const [index, step] of plan.entries()) {
    console.log(`\n${index + 1}/${plan.length}  ${step.title}`);
    const there = step.check !== undefined && (await holds(step.check, saved));
    const command = there ? step.update : step.command;
    if (!command) {
      console.log("  is done already");
      continue;
    }
    const filled = fillIn(command, saved);
    console.log(`  $ ${step.input ? `${line(step.input)} | ` : ""}${line(filled)}`);
    const output = await take(step, filled, saved, pauseMs);
    if (step.saves) {
      if (output === "") throw new StepError(`Step ${index + 1} printed nothing.\n${step.hint}`);
      saved.set(step.saves, output);
      console.log(`  ${output}`);
    }
  }
  return saved;
}

async function holds(check: NonNullable<Step["check"]>, saved: ReadonlyMap<string, string>): Promise<boolean> {
  const { code, output } = await run(fillIn(check.command, saved), { quiet: true, keep: true });
  return code === 0 && (check.expect?.test(output) ?? true);
}

async function take(step: Step, command: Command, saved: ReadonlyMap<string, string>, pauseMs: number): Promise<string> {
  for (let tried = 1; ; tried += 1) {
    const input = step.input ? await run(fillIn(step.input, saved), { keep: true }) : null;
    const { code, output, errors } =
      input && input.code !== 0 ? input : await run(command, { keep: step.saves !== undefined, input: input?.output, watch: step.settles });
    if (code === 0) return output;
    if (tried === MAX_TRIES || !step.settles?.test(errors)) throw new StepError(`"${step.title}" failed (exit ${code}).\n${step.hint}`);
    console.log(`  not yet; again in ${pauseMs / 1_000} s`);
    await sleep(pauseMs);
  }
}

/** Runs a command. What it prints is shown, or answered with `keep`; its errors are shown unless `quiet`, and answered too with `watch`. */
async function run(
  [program, ...args]: Command,
  { quiet, keep, input, watch }: { quiet?: boolean; keep?: boolean; input?: string | undefined; watch?: RegExp | undefined } = {},
): Promise<{ code: number; output: string; errors: string }> {
  const { exitCode, stdout, stderr, originalMessage, failed } = await execa(program === "node" ? process.execPath : program, args, {
    cwd: ROOT,
    reject: false,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
    stdout: keep ? "pipe" : "inherit",
    stderr: quiet ? "ignore" : watch ? ["pipe", "inherit"] : "inherit",
  });
  if (failed && exitCode === undefined) throw new StepError(`${program} cannot be run: ${originalMessage}`);
  return { code: exitCode ?? 1, output: (stdout ?? "").trim(), errors: stderr ?? "" };
}
