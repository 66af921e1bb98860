import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeCodeCache } from "../code-cache/write.ts";
import { createProgress } from "../progress.ts";
import { DIST, ROOT } from "../root.ts";
import { NODE_FLAGS, SERVER } from "../server.ts";
import { median, percentile, shortly } from "../statistics.ts";
import { type Start, type Started, timeStart } from "../time-start.ts";
import { compared, LEAST_PAIRS, type Pair, ratioOf } from "./against.ts";
import { startMetadataServer } from "./metadata-server.ts";
import { buildPeers, peerFile } from "./peers.ts";
import { figureOf, least, most, type Result } from "./result.ts";
import type { Run } from "./run.ts";
import { warmUpByCommits } from "./warm-up.ts";

const BARE = "bare node:http, first answer";
const HONO = "Hono alone, first answer";
const ON_DATASTORE = "Footfall, first visit counted in Datastore";
const ON_SQLITE = "Footfall, first visit counted in SQLite";
const PLAIN_GRPC = "gRPC from the start, first visit counted in Datastore";
/** Goals of DESIGN.md and of its issues. */
const OF_BARE = 1.4;
const SOONER_THAN_GRPC = 3;
/** Where the median is further from the least than this, something else was at work. */
const QUIET = 1.5;

/** The server as its image starts it; bare Node has no flags. */
const SERVED = [...NODE_FLAGS, SERVER];

const HELLO = { method: "GET", path: "/" } as const;
const COUNT = { method: "POST", path: "/v1/visits" } as const;
const HEALTH = { method: "GET", path: "/v1/health" } as const;

/** From starting a process to its first answer: a fresh process each time, in alternating order. */
export async function benchCold(run: Run): Promise<Result> {
  const { emulator, earlier } = run;
  await buildPeers(["bare", "hono", "plain-grpc"]);
  const metadata = await startMetadataServer();
  try {
    const starts = earlier ? Math.max(run.options.starts, LEAST_PAIRS) : run.options.starts;
    if (emulator !== null) await warmUpByCommits(emulator, starts);
    const subjects = await listSubjects(run, metadata.host);
    const times = new Map<string, Started[]>(subjects.map(({ name }) => [name, []]));
    const progress = createProgress("cold", starts);
    // The first start of each brings its files into memory, and is not counted.
    for (let round = -1; round < starts; round += 1) {
      if (round >= 0) progress.step(`${subjects.length} starts each`);
      for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
        const started = await timeStart(subject);
        if (round >= 0) times.get(subject.name)?.push(started);
      }
    }
    progress.end();
    if (metadata.asked() === 0 && emulator !== null) throw new Error("the server asked the metadata server for no token");
    return report(times, run);
  } finally {
    metadata.stop();
  }
}

async function listSubjects({ folder, emulator, earlier }: Run, metadataHost: string): Promise<Start[]> {
  const inSqlite = (file: string) => ({ STORE: "sqlite", SQLITE_PATH: join(folder, file) });
  const sqlite = inSqlite("visits.sqlite");
  const datastore = { DATASTORE_EMULATOR_HOST: emulator ?? "", DATASTORE_NAMESPACE: "bench-cold" };
  const atGoogle = { K_SERVICE: "bench", SITES: "*", GCE_METADATA_HOST: metadataHost, DATASTORE_NAMESPACE: "bench-cold" };
  const earlierArgs = earlier ? [...earlier.flags, earlier.server] : [];
  const visit = (name: string, args: readonly string[], env: Start["env"]): Start => ({ name, args, env, request: COUNT });
  // Neighbours are what is compared: whatever else the machine does, it does to both.
  return [
    { name: BARE, args: [peerFile("bare")], env: {}, request: HELLO },
    ...(emulator === null
      ? []
      : [
          visit(ON_DATASTORE, SERVED, datastore),
          ...(earlier ? [visit(nameAt(earlier.commit, ON_DATASTORE), earlierArgs, datastore)] : []),
          visit("Footfall, the same with a token from a metadata server", [...NODE_FLAGS, await redirected(emulator)], atGoogle),
          visit(PLAIN_GRPC, [...NODE_FLAGS, peerFile("plain-grpc")], datastore),
        ]),
    { name: HONO, args: [peerFile("hono")], env: {}, request: HELLO },
    { name: "Footfall, first answer (health, SQLite)", args: SERVED, env: sqlite, request: HEALTH },
    visit(ON_SQLITE, SERVED, sqlite),
    ...(earlier ? [visit(nameAt(earlier.commit, ON_SQLITE), earlierArgs, inSqlite("earlier.sqlite"))] : []),
    visit("Footfall under Miniflare, first visit counted", [join(ROOT, "build", "bench", "peers", "miniflare.ts")], { TMPDIR: folder }),
  ];
}

function nameAt(commit: string, name: string): string {
  return name.replace("Footfall", commit);
}

/** The built server with the emulator's address in place of Google's: with an emulator in its settings it would fetch no token. */
async function redirected(emulator: string): Promise<string> {
  const to = join(DIST, "bench", "peers", "redirected");
  await rm(to, { recursive: true, force: true });
  await cp(dirname(SERVER), to, { recursive: true });
  for (const file of (await readdir(to)).filter((name) => name.endsWith(".cjs"))) {
    const text = await readFile(join(to, file), "utf8");
    await writeFile(join(to, file), text.replaceAll("https://datastore.googleapis.com", `http://${emulator}`));
  }
  // V8 takes what it has compiled only for the very text.
  await writeCodeCache(to);
  return join(to, "index.cjs");
}

function report(starts: ReadonlyMap<string, readonly Started[]>, { earlier, notes }: Run): Result {
  const values = (name: string, of: keyof Started = "ms") => (starts.get(name) ?? []).map((started) => started[of]);
  /** Of the starts of one round. */
  const ratio = (name: string, other: string, of: keyof Started = "ms") => ratioOf({ before: values(other, of), here: values(name, of) });
  const names = [...starts.keys()];
  const bare = values(BARE);
  const busy = median(bare) / Math.min(...bare);
  const rows = names.map((name) => [
    name,
    ...[median(values(name)), percentile(values(name), 0.95), Math.min(...values(name)), ratio(name, BARE)].map(shortly),
    ...[median(values(name, "cpuMs")), ratio(name, BARE, "cpuMs")].map(shortly),
  ]);
  const pairs = [ON_DATASTORE, ON_SQLITE].flatMap((name): Pair[] => {
    const before = nameAt(earlier?.commit ?? "", name);
    return [
      { name: `${name}, ms`, before: values(before), here: values(name) },
      { name: "  the same, CPU ms of the main thread", before: values(before, "cpuMs"), here: values(name, "cpuMs") },
    ];
  });
  const budgets = [
    most("first visit in Datastore, of bare Node's first answer", ratio(ON_DATASTORE, BARE), OF_BARE),
    most("first visit in Datastore, of Hono's first answer", ratio(ON_DATASTORE, HONO), 1),
    least("sooner than over gRPC from the start, times", ratio(PLAIN_GRPC, ON_DATASTORE), SOONER_THAN_GRPC),
  ];
  return {
    part: "cold",
    title: `From starting a process to its first answer (${bare.length} starts each)`,
    table: [["", "median ms", "p95 ms", "least ms", "of bare", "CPU ms", "of bare"], ...rows],
    charts: [
      {
        title: "Process start to first answer, median",
        unit: "ms",
        bars: names.map((label) => ({ label, value: median(values(label)), ours: label.startsWith("Footfall") })),
      },
    ],
    budgets: budgets.filter(({ value }) => Number.isFinite(value)),
    figures: Object.fromEntries(names.map((name) => [name, figureOf(values(name), "ms")])),
    notes: [
      ...notes,
      "A start ends with the first bytes of the first answer. Google's sandbox, the image's pull and TLS are not in it.",
      "The emulator has been warmed up: it answers as fast as it does in the middle of a day.",
      "A ratio is the median of those of the starts of one round.",
      "CPU is the main thread's own time until the answer: on a busy machine its ratios are steadier.",
      ...(earlier ? [compared(earlier, pairs)] : []),
      ...(busy > QUIET
        ? [`The machine was busy: bare Node's median is ${shortly(busy)} of its least. Measure again when it is idle.`]
        : []),
    ],
  };
}
