import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll } from "vitest";
import { scriptOf } from "../../build/deploy/script.ts";
import type { Step } from "../../build/deploy/step.ts";
import { ROOT } from "../../build/root.ts";
import { OPTIONS } from "./demo.ts";

const STAND_IN = join(import.meta.dirname, "stand-in");
const CLOUDS = mkdtempSync(join(tmpdir(), "footfall-clouds-"));
const TIMEOUT_MS = 120_000;
/** What is no thing of the deployment's, or another each time. */
const NOT_A_THING =
  /^(?:calls|clock|enabled|managed|api-configs|revisions|traffic|gateway-config|version-made|versions|grants|takeover|document)\b/;

afterAll(() => rmSync(CLOUDS, { recursive: true, force: true }));

export interface Ended {
  readonly code: number;
  /** On both streams. */
  readonly output: string;
}

export type Cloud = ReturnType<typeof newCloud>;

/** A Google Cloud of its own behind a stand-in for gcloud: empty at first, or with what another one has. */
export function newCloud(like?: { readonly state: string }) {
  const state = mkdtempSync(join(CLOUDS, "cloud-"));
  if (like) cpSync(like.state, state, { recursive: true });
  const run = (program: string, args: readonly string[], env: Record<string, string> = {}) =>
    new Promise<Ended>((resolve) => {
      const path = `${STAND_IN}${delimiter}${process.env["PATH"]}`;
      const options = { cwd: ROOT, env: { ...process.env, PATH: path, STATE: state, ...env }, timeout: TIMEOUT_MS };
      const child = execFile(program, args, options, (error, output, errors) =>
        resolve({ code: Number(error?.code ?? (error ? 1 : 0)), output: `${output}${errors}` }),
      );
      child.stdin?.end();
    });
  const files = () => readdirSync(state);
  const namesOf = (kind: string) => files().flatMap((name) => (name.startsWith(`${kind}:`) ? [name.slice(kind.length + 1)] : []));
  const read = (name: string) => readFileSync(join(state, name), "utf8").trim();
  return {
    state,
    run,
    namesOf,
    read,
    write: (name: string, text: string) => writeFileSync(join(state, name), text),
    deploy: (env?: Record<string, string>, ...more: string[]) => run(process.execPath, ["build/deploy/main.ts", ...OPTIONS, ...more], env),
    /** Runs a plan as a deployment does, without its start. */
    take: (plan: readonly Step[], env?: Record<string, string>) => run("bash", ["-c", scriptOf(plan, [])], env),
    calls: () => read("calls").split("\n"),
    /** What there is, but for what each deployment makes anew. */
    things: () => files().filter((name) => !NOT_A_THING.test(name)),
    /** The strings that the service can read as its key, the oldest first. */
    secrets: () =>
      namesOf("versions")
        .toSorted((one, other) => Number(one) - Number(other))
        .map((name) => read(`versions:${name}`)),
  };
}
