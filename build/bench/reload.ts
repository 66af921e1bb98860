import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import manifest from "../../package.json" with { type: "json" };
import { freePort, type Running, start } from "../process.ts";
import { ROOT } from "../root.ts";
import { COMPATIBILITY_DATE } from "../workerd.ts";
import type { Options } from "./options.ts";
import { createProgress } from "./progress.ts";
import { copyProject, type Project } from "./project.ts";
import type { Figure, Result } from "./result.ts";
import { median, shortly, spread } from "./statistics.ts";

const ROUNDS = 10;
/** How often an answer is asked for, and how long at most, in milliseconds. */
const POLL_MS = 5;
const TIMEOUT_MS = 60_000;
/** A loop that has just served something is left alone this long, in milliseconds. */
const REST_MS = 300;
const START_GOAL = 0.15;
const EDIT_GOAL = 0.3;

/** The file that is edited, and what in it its answer shows. */
const EDITED = "src/api/health.ts";
const WRITTEN = 'status: "ok"';
const PATH = "/v1/health";

/** A dev loop that is measured. */
interface Subject {
  readonly name: string;
  readonly project: Project;
  launch(port: number): Running;
  readonly starts: number[];
  readonly edits: number[];
}

/** Measures `npm run dev` next to `wrangler dev` on the same worker: start to first answer, and edit to served. */
export async function benchReload(_: Options): Promise<Result> {
  const home = await mkdtemp(join(tmpdir(), "footfall-home-"));
  const subjects = [await ourLoop(home), await wranglerLoop(home)] as const;
  const progress = createProgress("reload", 2 * ROUNDS * subjects.length);
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const subject of turned(subjects, round)) {
        progress.step(`${subject.name}: start ${round + 1}`);
        const { running, url, tookMs } = await startTimed(subject);
        subject.starts.push(tookMs);
        progress.step(`${subject.name}: edit ${round + 1}`);
        // The first edit after a start finds nothing warm, and an author makes many: it is not measured.
        await editTimed(subject, url, `warm-${round}`);
        subject.edits.push(await editTimed(subject, url, `edit-${round}`));
        await running.stop("SIGINT");
      }
    }
  } finally {
    progress.end();
    await Promise.all([...subjects.map(({ project }) => project.remove()), rm(home, { recursive: true, force: true, maxRetries: 3 })]);
  }
  return describe(...subjects);
}

async function ourLoop(home: string): Promise<Subject> {
  const project = await copyProject();
  // As npm runs it, without npm itself.
  const command = `cd ${JSON.stringify(project.folder)} && ${manifest.scripts.dev}`;
  const launch = (port: number): Running => start("sh", ["-c", command], { env: env(home, port) });
  return { name: "npm run dev", project, launch, starts: [], edits: [] };
}

/** The same worker and Durable Objects, bundled by Wrangler itself; without the static assets, which ours has. */
async function wranglerLoop(home: string): Promise<Subject> {
  const project = await copyProject();
  await project.write(
    "wrangler.toml",
    `name = "footfall"
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
`,
  );
  const wrangler = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
  const launch = (port: number): Running => {
    const args = [
      wrangler,
      "dev",
      "--cwd",
      project.folder,
      "--local",
      "--ip",
      "127.0.0.1",
      "--port",
      String(port),
      "--inspector-port",
      "0",
    ];
    return start(process.execPath, args, { env: env(home, port) });
  };
  return { name: "wrangler dev", project, launch, starts: [], edits: [] };
}

/** Wrangler asks nobody for a newer version of itself, nor where it is. */
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

async function startTimed(subject: Subject): Promise<{ running: Running; url: string; tookMs: number }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const began = performance.now();
  const running = subject.launch(port);
  await until(url, () => true, running);
  const tookMs = performance.now() - began;
  await sleep(2 * REST_MS);
  return { running, url, tookMs };
}

async function editTimed({ project }: Subject, url: string, mark: string): Promise<number> {
  const began = performance.now();
  await project.edit(EDITED, WRITTEN, `status: "${mark}"`);
  await until(url, (text) => text.includes(mark));
  const tookMs = performance.now() - began;
  await sleep(REST_MS);
  await project.edit(EDITED, `status: "${mark}"`, WRITTEN);
  await until(url, (text) => text.includes('"ok"'));
  await sleep(REST_MS);
  return tookMs;
}

/** Asks until an answer fits. */
async function until(url: string, fits: (text: string) => boolean, running?: Running): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (performance.now() < deadline) {
    const response = await fetch(url + PATH, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => null);
    if (response?.ok && fits(await response.text())) return;
    await response?.body?.cancel().catch(() => {});
    await sleep(POLL_MS);
  }
  throw new Error(`${url} has not answered as it should after ${TIMEOUT_MS} ms.\n${running?.output() ?? ""}`);
}

function turned<T>(subjects: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? subjects : subjects.toReversed();
}

function describe(ours: Subject, peer: Subject): Result {
  const row = ({ name, starts, edits }: Subject): string[] => [
    name,
    ...[starts, edits].flatMap((times) => [shortly(median(times)), percent(spread(times))]),
  ];
  const figure = (times: readonly number[]): Figure => ({ value: median(times), unit: "ms", spread: spread(times) });
  const ratio = (kind: "starts" | "edits"): number => median(ours[kind]) / median(peer[kind]);
  const bars = (kind: "starts" | "edits") =>
    [ours, peer].map((subject) => ({ label: subject.name, value: median(subject[kind]), ours: subject === ours }));
  return {
    part: "reload",
    title: "The dev loop: medians in ms",
    table: [
      ["", "start to first answer", "±", "edit to served", "±"],
      row(ours),
      row(peer),
      ["ratio", shortly(ratio("starts")), "", shortly(ratio("edits")), ""],
    ],
    charts: [
      { title: "Start to first answer", unit: "ms", bars: bars("starts") },
      { title: "Edit to served", unit: "ms", bars: bars("edits") },
    ],
    budgets: [
      { name: "npm run dev to first answer, against wrangler dev", value: ratio("starts"), goal: START_GOAL, kind: "most" },
      { name: "edit to served, against wrangler dev", value: ratio("edits"), goal: EDIT_GOAL, kind: "most" },
    ],
    figures: {
      "reload.start": figure(ours.starts),
      "reload.edit": figure(ours.edits),
      "reload.wrangler.start": figure(peer.starts),
      "reload.wrangler.edit": figure(peer.edits),
    },
    notes: [
      `${ROUNDS} starts and ${ROUNDS} edits of each, in turns; GET ${PATH} is asked every ${POLL_MS} ms.`,
      "An earlier npm run dev has prepared Miniflare: the first of all takes longer.",
      "wrangler dev bundles and serves the same worker and its Durable Objects, without the static assets.",
    ],
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
