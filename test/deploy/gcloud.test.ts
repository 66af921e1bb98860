import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ACTIONS, planOf } from "../../build/deploy/plan.ts";
import { line } from "../../build/deploy/script.ts";
import { type Command, commandsOf } from "../../build/deploy/step.ts";
import { ROOT } from "../../build/root.ts";
import { requires } from "../support/skip.ts";
import { DEMO, filled } from "./demo.ts";

/** gcloud takes a second or two to start, and longer on a busy machine. */
const TIMEOUT_MS = 240_000;
const NO_ACCOUNT = "You do not currently have an active account selected";
const config = mkdtempSync(join(tmpdir(), "footfall-gcloud-"));

afterAll(() => rmSync(config, { recursive: true, force: true }));

/** Asks the real gcloud, without any account: it parses a command before it looks for one. */
function ask([, ...args]: Command): Promise<string> {
  const env = { ...process.env, CLOUDSDK_CONFIG: config, CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "1" };
  return new Promise((resolve) => {
    const child = execFile("gcloud", args, { cwd: ROOT, env, timeout: TIMEOUT_MS }, (_, output, errors) => resolve(`${output}${errors}`));
    child.stdin?.end();
  });
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

/** Every gcloud command of every plan, but of those that differ in names alone only one. */
function commands(): Map<string, Command> {
  const plans = (["deploy", ...ACTIONS] as const).flatMap((action) => planOf(DEMO, "v20261122120000", action));
  const google = plans
    .flatMap(commandsOf)
    .filter(([program, verb]) => program === "gcloud" && verb !== "version")
    .map(filled);
  return new Map(google.map((command) => [shapeOf(command), command]));
}

function shapeOf([, ...args]: Command): string {
  return args
    .map((arg) => (arg.startsWith("--") ? (arg.split("=", 1)[0] ?? "") : arg.replace(/@.*/, "").replace(/^footfall-\w+$/, "")))
    .join(" ");
}

requires("gcloud")("the real gcloud's own parser", () => {
  // gcloud takes a second to start, of which it waits a part.
  test.concurrent.each([...commands().values()].map((command) => [line(command), command] as const))(
    "takes %s",
    { timeout: TIMEOUT_MS },
    async (_, command) => {
      expect(await ask(command)).toContain(NO_ACCOUNT);
    },
  );

  test.concurrent.each(typed())("takes the README's %s", { timeout: TIMEOUT_MS }, async (_, command) => {
    expect(await ask(command)).toContain(NO_ACCOUNT);
  });

  test("refuses an option that it does not know", async () => {
    expect(await ask(["gcloud", "run", "services", "update", "footfall", "--cpu-bost"])).toContain("unrecognized arguments: --cpu-bost");
  });
});
