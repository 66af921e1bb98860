import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ACTIONS, planOf } from "../../build/deploy/plan.ts";
import { line } from "../../build/deploy/script.ts";
import { type Command, commandsOf } from "../../build/deploy/step.ts";
import { ROOT } from "../../build/root.ts";
import { requires } from "../support/skip.ts";
import { DEMO, filled } from "./demo.ts";

const TIMEOUT_MS = 120_000;
const NO_ACCOUNT = "You do not currently have an active account selected";
const config = mkdtempSync(join(tmpdir(), "footfall-gcloud-"));

afterAll(() => rmSync(config, { recursive: true, force: true }));

/** Runs a program with gcloud's settings of its own, which know no account, and resolves to what it prints on both streams. */
function run(program: string, args: readonly string[], input = ""): Promise<string> {
  const env = { ...process.env, CLOUDSDK_CONFIG: config, CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "1" };
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { cwd: ROOT, env, timeout: TIMEOUT_MS, maxBuffer: Number.POSITIVE_INFINITY },
      (_, output, errors) => resolve(`${output}${errors}`),
    );
    child.stdin?.end(input);
  });
}

/** Asks the real gcloud, without any account: it parses a command before it looks for one. Loading it takes longer than all commands. */
async function ask(asked: readonly Command[]): Promise<string[]> {
  const [python = "", sdk = ""] = (await run("gcloud", ["info", "--format=value(basic.python_location,installation.sdk_root)"]))
    .trim()
    .split("\t");
  const lines = asked.map(([, ...args]) => `${JSON.stringify(args)}\n`).join("");
  const printed = await run(python, [join(import.meta.dirname, "gcloud.py"), sdk], lines);
  return printed
    .trim()
    .split("\n")
    .map((answer) => JSON.parse(answer));
}

/** What the README's commands leave to whoever types them. */
const VALUES = {
  P: DEMO.project,
  R: DEMO.region,
  N: "123456789012",
  NAME: "count.example.com",
  REPOSITORY: "you/footfall",
  role: "run.admin",
};

/** The commands that the README has people type, as words. */
function typed(): (readonly [string, Command])[] {
  const text = readFileSync(join(ROOT, "build", "deploy", "README.md"), "utf8").replaceAll("\\\n", " ");
  const found = text.split("\n").flatMap((row) => /^ *(?:N=\$\(|openssl .*\| )?(gcloud (?!auth).*?)\)?(?: +#.*)?$/.exec(row)?.[1] ?? []);
  return found.map((command) => {
    const filledIn = command.replace(/\$(\w+)/g, (_, name: keyof typeof VALUES) => VALUES[name]);
    const words = filledIn.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
    return [command, ["gcloud", ...words.slice(1).map((word) => (word === "key.json" ? join(config, word) : word.replace(/["']/g, "")))]];
  });
}

/** Every gcloud command of every plan, by its line. */
function planned(): [string, Command][] {
  const plans = (["deploy", ...ACTIONS] as const).flatMap((action) => planOf(DEMO, "v20261122120000", action));
  const google = plans
    .flatMap(commandsOf)
    .filter(([program, verb]) => program === "gcloud" && verb !== "version")
    .map(filled);
  return [...new Map(google.map((command) => [line(command), command]))];
}

requires("gcloud")("the real gcloud's own parser", () => {
  const commands = [...planned(), ...typed().map(([text, command]) => [`the README's ${text}`, command] as const)];
  const refused: [string, Command][] = [
    ["unrecognized arguments: --cpu-bost", ["gcloud", "run", "services", "update", "footfall", "--cpu-bost"]],
    ["argument SECRET: Must be specified", ["gcloud", "secrets", "create"]],
  ];
  const answers = new Map<Command, string>();

  beforeAll(async () => {
    const asked = [refused[0], ...commands, refused[1]].flatMap((found) => (found ? [found[1]] : []));
    for (const [index, answer] of (await ask(asked)).entries()) answers.set(asked[index] as Command, answer);
  }, TIMEOUT_MS);

  test.each(commands)("takes %s", (_, command) => {
    expect(answers.get(command)).toContain(NO_ACCOUNT);
  });

  test.each(refused)("refuses with %s", async (says, command) => {
    expect(answers.get(command)).toContain(says);
  });

  test.each([...refused, ...commands.slice(0, 1)])("answers as gcloud itself does: %s", { timeout: TIMEOUT_MS }, async (_, command) => {
    const [program, ...args] = command;
    expect(answers.get(command)).toBe(await run(program, args));
  });
});
