import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { planOf } from "../../build/deploy/plan.ts";
import { runPlan, StepError } from "../../build/deploy/run.ts";
import { type Command, fillIn, type Step } from "../../build/deploy/step.ts";
import { ROOT } from "../../build/root.ts";
import { DEMO, OPTIONS, SAVED } from "./demo.ts";

const STAND_IN = join(import.meta.dirname, "stand-in");
const TIMEOUT_MS = 60_000;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A Google Cloud of its own, empty at first. */
function newCloud() {
  const state = mkdtempSync(join(tmpdir(), "footfall-cloud-"));
  folders.push(state);
  const run = (program: string, args: readonly string[], env: Record<string, string> = {}) =>
    new Promise<{ code: number; output: string; errors: string }>((resolve) => {
      const path = `${STAND_IN}${delimiter}${process.env["PATH"]}`;
      const options = { cwd: ROOT, env: { ...process.env, PATH: path, STATE: state, ...env }, timeout: TIMEOUT_MS };
      execFile(program, args, options, (error, output, errors) =>
        resolve({ code: Number(error?.code ?? (error ? 1 : 0)), output, errors }),
      );
    });
  return {
    run,
    deploy: (env?: Record<string, string>, ...more: string[]) => run(process.execPath, ["build/deploy/main.ts", ...OPTIONS, ...more], env),
    calls: () => readFileSync(join(state, "calls"), "utf8").trimEnd().split("\n"),
    /** What there is, but for the API configs, of which each deployment makes another. */
    things: () => readdirSync(state).filter((name) => name !== "calls" && !name.startsWith("api-configs:")),
    secret: () => readFileSync(join(state, "versions:footfall-admin-key"), "utf8"),
  };
}

const THINGS = [
  "api-keys:footfall-admin",
  "apis:footfall",
  "databases:(default)",
  "gateways:footfall",
  "secrets:footfall-admin-key",
  "service-accounts:footfall-build",
  "service-accounts:footfall-gateway",
  "service-accounts:footfall-run",
  "services:footfall",
  "ttls:batch",
  "ttls:visit",
  "versions:footfall-admin-key",
];

test("a deployment makes everything, prints every command, and then the URL and the tag to paste", async () => {
  const cloud = newCloud();
  const { code, output, errors } = await cloud.deploy();
  expect({ code, errors }).toEqual({ code: 0, errors: expect.not.stringContaining("ERROR") });
  expect(cloud.things()).toEqual(THINGS);
  expect(cloud.secret()).toBe("AIza-the-key");
  expect(output).toContain('<script async src="https://footfall-a1b2c3.ew.gateway.dev/embed.js"></script>');
  expect(output).not.toContain("AIza-the-key");
  expect(output).toContain("$ gcloud services enable footfall-a1b2c3.apigateway.demo-project.cloud.goog");
});

test("run again, it finds everything done and only brings the new version", async () => {
  const cloud = newCloud();
  await cloud.deploy();
  const before = cloud.calls().length;
  const { code } = await cloud.deploy();
  expect(code).toBe(0);
  const made = cloud
    .calls()
    .slice(before)
    .filter((call) => / (?:create|add|get-key-string) /.test(call));
  expect(made).toEqual([expect.stringContaining("datastore indexes create"), expect.stringMatching(/api-configs create footfall-\d{17} /)]);
});

test.each([
  ["before it has done anything", {}],
  ["when it has done it all, but its answer is lost", { FAIL_AFTER: "1" }],
])("each step in turn fails %s: it stops there and says what to do, and running it again finishes the job", async (_, mode) => {
  const cloud = newCloud();
  for (const { title, fail, hint } of failures()) {
    const { code, errors } = await cloud.deploy({ FAIL: fail, ...mode });
    expect({ title, code, errors }).toEqual({ title, code: 1, errors: expect.stringContaining(hint) });
    expect(errors).toContain("Then run the same command again");
    expect(cloud.calls().at(-1)).toContain(fail);
  }
  expect(await cloud.deploy()).toMatchObject({ code: 0 });
  expect(cloud.things()).toEqual(THINGS);
  expect(cloud.secret()).toBe("AIza-the-key");
});

/** What makes each of the plan's gcloud commands fail when it is due, in a cloud where the steps before are done. */
function failures(): { title: string; fail: string; hint: string }[] {
  return planOf(DEMO, "0").flatMap((step) => {
    const commands = [step.input, step.command].filter((command): command is Command => command?.[0] === "gcloud");
    return commands.map((command) => ({ title: step.title, fail: fragment(command), hint: step.hint }));
  });
}

/** Enough of a command to know it by, whichever version it brings. */
function fragment(command: Command): string {
  return (
    fillIn(command, SAVED)
      .join(" ")
      .split(/-0 | --project=/, 1)[0] ?? ""
  );
}

test("the plan that --dry-run prints is a shell script that does the same", async () => {
  const cloud = newCloud();
  const { code, output } = await cloud.deploy({}, "--dry-run");
  expect(code).toBe(0);
  expect(() => cloud.calls()).toThrow("ENOENT");
  const node = `node() { "${process.execPath}" "$@"; }`;
  expect(await cloud.run("sh", ["-euc", `${node}\n${output}`])).toMatchObject({ code: 0 });
  expect(cloud.things()).toEqual(THINGS);
  expect(cloud.secret()).toBe("AIza-the-key");
});

test("a failure that passes by itself is waited for, any other is not", async () => {
  const cloud = newCloud();
  const { output: flag } = await cloud.run("mktemp", ["-u"]);
  const path = flag.trim();
  folders.push(path);
  const step = (settles: RegExp): Step => ({
    title: "Grant",
    command: ["sh", "-c", `[ -e ${path} ] || { : > ${path}; echo "account x does not exist" >&2; exit 1; }`],
    settles,
    hint: "Wait.",
  });
  await expect(runPlan([step(/denied/)], 0)).rejects.toThrow(StepError);
  rmSync(path);
  await expect(runPlan([step(/does not exist/)], 0)).resolves.toEqual(new Map());
});

test.each([
  [["--region", "europe-west1", "--sites", "example.com"], "--project is missing"],
  [["--project", "Demo", "--region", "europe-west1", "--sites", "example.com"], '--project is "Demo"; allowed is a project\'s id'],
  [["--project", "demo-project", "--region", "europe", "--sites", "example.com"], '--region is "europe"'],
  [["--project", "demo-project", "--region", "europe-west1", "--sites", "exa mple"], 'SITES is "exa mple"'],
  [[...OPTIONS, "--set", "SHARDS=0"], 'SHARDS is "0"; allowed is an integer from 1 to 100'],
  [[...OPTIONS, "--set", "ADMIN_KEY=secret"], "kept in Secret Manager"],
  [[...OPTIONS, "--set", "nothing"], '--set is "nothing"; allowed is NAME=VALUE'],
  [[...OPTIONS, "--max-instances", "0"], '--max-instances is "0"'],
  [[...OPTIONS, "--frob"], "Unknown option '--frob'"],
  [[...OPTIONS, "extra"], '"extra" is one argument too many'],
])("refuses %j", async (args, why) => {
  const cloud = newCloud();
  const { code, errors } = await cloud.run(process.execPath, ["build/deploy/main.ts", ...args]);
  expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(why) });
  expect(() => cloud.calls()).toThrow("ENOENT");
});
