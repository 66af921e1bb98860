import { readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import manifest from "../../package.json" with { type: "json" };
import { copyProject, type Project } from "../copy-project.ts";
import { freePort, type Running, start } from "../process.ts";
import { createProgress } from "../progress.ts";
import { ROOT } from "../root.ts";
import { median, shortly, spread } from "../statistics.ts";
import { COMPATIBILITY_DATE } from "../workerd.ts";
import { figureOf, most, type Result } from "./result.ts";
import type { Run } from "./run.ts";

const ROUNDS = 10;
const POLL_MS = 5;
const TIMEOUT_MS = 60_000;
/** A loop that has just served something is left alone this long. */
const REST_MS = 300;
/** Goals of DESIGN.md. */
const START_GOAL = 0.3;
const EDIT_GOAL = 0.2;

/** What is edited, and where its answer shows it. */
const WRITTEN = 'status: "ok"';
const PATH = "/v1/health";

/** The same worker and Durable Objects, bundled by Wrangler itself; without the static assets, which ours has. */
const WRANGLER_TOML = `name = "footfall"
main = "src/worker.ts"
compatibility_date = "${COMPATIBILITY_DATE}"
send_metrics = false
[vars]
SITES = "*"
[[durable_objects.bindings]]
name = "SITE_COUNTER"
class_name = "SiteCounter"
[[migrations]]
tag = "v1"
new_sqlite_classes = ["SiteCounter"]
`;

/** A dev loop that is measured. */
interface Subject {
  readonly name: string;
  readonly project: Project;
  /** A program and its arguments, by the port. */
  command(port: number): [program: string, ...args: string[]];
  readonly starts: number[];
  readonly edits: number[];
}

/** Measures `npm run dev` next to `wrangler dev` on the same worker: start to first answer, and edit to served. */
export async function benchReload({ folder: home }: Run): Promise<Result> {
  const edited = sourceOf(WRITTEN);
  const subjects = [await ourLoop(), await wranglerLoop()] as const;
  const progress = createProgress("reload", 2 * ROUNDS * subjects.length);
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
        progress.step(`${subject.name}: start ${round + 1}`);
        const { running, url, tookMs } = await startTimed(subject, home);
        subject.starts.push(tookMs);
        progress.step(`${subject.name}: edit ${round + 1}`);
        // The first edit after a start finds nothing warm, and an author makes many: it is not measured.
        await editTimed(subject, edited, url, `warm-${round}`);
        subject.edits.push(await editTimed(subject, edited, url, `edit-${round}`));
        await running.stop("SIGINT");
      }
    }
  } finally {
    progress.end();
    await Promise.all(subjects.map(({ project }) => project.remove()));
  }
  return describe(...subjects);
}

/** The source that has this text. */
function sourceOf(text: string): string {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const found = files.find((name) => readFileSync(join(ROOT, "src", name), "utf8").includes(text));
  if (found === undefined) throw new Error(`no source has ${text}: bring build/bench/reload.ts up to date`);
  return join("src", found);
}

async function ourLoop(): Promise<Subject> {
  const project = await copyProject();
  // As npm runs it, without npm itself.
  const script = `cd ${JSON.stringify(project.folder)} && ${manifest.scripts.dev}`;
  return { name: "npm run dev", project, command: () => ["sh", "-c", script], starts: [], edits: [] };
}

async function wranglerLoop(): Promise<Subject> {
  const project = await copyProject();
  await project.write("wrangler.toml", WRANGLER_TOML);
  const wrangler = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
  const args = ["dev", "--cwd", project.folder, "--local", "--ip", "127.0.0.1", "--inspector-port", "0"];
  return {
    name: "wrangler dev",
    project,
    command: (port) => [process.execPath, wrangler, ...args, "--port", String(port)],
    starts: [],
    edits: [],
  };
}

async function startTimed({ command }: Subject, home: string): Promise<{ running: Running; url: string; tookMs: number }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const began = performance.now();
  const [program, ...args] = command(port);
  const running = start(program, args, { env: env(home, port) });
  await until(url, () => true, running);
  const tookMs = performance.now() - began;
  await sleep(2 * REST_MS);
  return { running, url, tookMs };
}

/** Keeps Wrangler from asking for a newer version of itself, and where it is. */
function env(home: string, port: number): NodeJS.ProcessEnv {
  return {
    PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
    HOME: home,
    PORT: String(port),
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
}

async function editTimed({ project }: Subject, file: string, url: string, mark: string): Promise<number> {
  const began = performance.now();
  await project.edit(file, WRITTEN, `status: "${mark}"`);
  await until(url, (text) => text.includes(mark));
  const tookMs = performance.now() - began;
  await sleep(REST_MS);
  await project.edit(file, `status: "${mark}"`, WRITTEN);
  await until(url, (text) => text.includes('"ok"'));
  await sleep(REST_MS);
  return tookMs;
}

/** Asks until an answer fits. */
async function until(url: string, fits: (text: string) => boolean, running?: Running): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (performance.now() < deadline) {
    const text = await fetch(url + PATH, { signal: AbortSignal.timeout(TIMEOUT_MS) })
      .then(async (response) => (response.ok ? await response.text() : null))
      .catch(() => null);
    if (text !== null && fits(text)) return;
    await sleep(POLL_MS);
  }
  throw new Error(`${url} has not answered as it should after ${TIMEOUT_MS} ms.\n${running?.output() ?? ""}`);
}

function describe(ours: Subject, peer: Subject): Result {
  const kinds = { starts: "start to first answer", edits: "edit to served" } as const;
  const both = Object.keys(kinds) as (keyof typeof kinds)[];
  const ratio = (kind: keyof typeof kinds) => median(ours[kind]) / median(peer[kind]);
  const rows = [ours, peer].map((one) => [
    one.name,
    ...both.flatMap((kind) => [shortly(median(one[kind])), `${Math.round(spread(one[kind]) * 100)} %`]),
  ]);
  const figures = [ours, peer].flatMap((one) => both.map((kind) => [`${one.name}: ${kinds[kind]}`, figureOf(one[kind], "ms")] as const));
  return {
    part: "reload",
    title: "The dev loop: medians in ms",
    table: [["", kinds.starts, "±", kinds.edits, "±"], ...rows, ["ratio", ...both.flatMap((kind) => [shortly(ratio(kind)), ""])]],
    charts: both.map((kind) => ({
      title: kinds[kind].replace(/^./, (first) => first.toUpperCase()),
      unit: "ms",
      bars: [ours, peer].map((one) => ({ label: one.name, value: median(one[kind]), ours: one === ours })),
    })),
    budgets: [
      most("npm run dev to first answer, against wrangler dev", ratio("starts"), START_GOAL),
      most("edit to served, against wrangler dev", ratio("edits"), EDIT_GOAL),
    ],
    figures: Object.fromEntries(figures),
    notes: [
      `${ROUNDS} starts and ${ROUNDS} edits of each, in turns; GET ${PATH} is asked every ${POLL_MS} ms.`,
      "wrangler dev bundles and serves the same worker and its Durable Objects, without the static assets.",
    ],
  };
}
