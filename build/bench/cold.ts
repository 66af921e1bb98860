import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeCodeCache } from "../code-cache/write.ts";
import { DIST, ROOT } from "../root.ts";
import { NODE_FLAGS, SERVER } from "../server.ts";
import { type Start, type Started, timeStart } from "./cold-start.ts";
import { withEmulator } from "./emulator.ts";
import { startMetadataServer } from "./metadata-server.ts";
import type { Options } from "./options.ts";
import { buildPeers, peerFile } from "./peers.ts";
import { createProgress } from "./progress.ts";
import type { Budget, Result } from "./result.ts";
import { median, percentile, shortly, spread } from "./statistics.ts";
import { warmUp } from "./warm-up.ts";

const BARE = "bare node:http, first answer";
const ON_DATASTORE = "Footfall, first visit counted in Datastore";
const WITH_TOKEN = "Footfall, the same with a token from a metadata server";
const PLAIN_GRPC = "gRPC from the start, first visit counted in Datastore";
/** Goals of DESIGN.md and of its issues. */
const OF_BARE = 1.2;
const SOONER_THAN_GRPC = 3;
/** Where the median is further from the least than this, something else was at work. */
const QUIET = 1.5;

/** The server as its image starts it; bare Node has no flags. */
const SERVED = [...NODE_FLAGS, SERVER];

const HELLO = { method: "GET", path: "/" } as const;
const COUNT = { method: "POST", path: "/v1/visits" } as const;
const HEALTH = { method: "GET", path: "/v1/health" } as const;

/** From starting a process to its first answer: a fresh process each time, in alternating order. */
export async function benchCold({ starts }: Options): Promise<Result> {
  const notes = [
    "A start ends with the first bytes of the first answer. Google's sandbox, the image's pull and TLS are not in it.",
    "The emulator has been warmed up: it answers as fast as it does in the middle of a day.",
  ];
  await buildPeers(["bare", "hono", "plain-grpc"]);
  const folder = await mkdtemp(join(tmpdir(), "footfall-bench-"));
  const metadata = await startMetadataServer();
  try {
    return await withEmulator(notes, async (emulator) => {
      if (emulator !== null) await warmUp(emulator, starts);
      const subjects = await listSubjects(folder, emulator, metadata.host);
      const times = new Map<string, Started[]>(subjects.map(({ name }) => [name, []]));
      const progress = createProgress("cold", starts);
      // The first start of each brings its files into memory, and is not counted.
      for (let run = -1; run < starts; run += 1) {
        if (run >= 0) progress.step(`${subjects.length} starts each`);
        for (const subject of run % 2 === 0 ? subjects : subjects.toReversed()) {
          const started = await timeStart(subject);
          if (run >= 0) times.get(subject.name)?.push(started);
        }
      }
      progress.end();
      if (metadata.asked() === 0 && emulator !== null) throw new Error("nobody asked the metadata server for a token");
      return report(times, notes);
    });
  } finally {
    metadata.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function listSubjects(folder: string, emulator: string | null, metadataHost: string): Promise<Start[]> {
  const sqlite = { STORE: "sqlite", SQLITE_PATH: join(folder, "visits.sqlite") };
  const subjects: Start[] = [{ name: BARE, args: [peerFile("bare")], env: {}, request: HELLO }];
  // Next to bare Node, so that whatever else the machine does, it does to both.
  if (emulator !== null) {
    const datastore = { DATASTORE_EMULATOR_HOST: emulator, DATASTORE_NAMESPACE: "bench-cold" };
    const atGoogle = { K_SERVICE: "bench", SITES: "*", GCE_METADATA_HOST: metadataHost, DATASTORE_NAMESPACE: "bench-cold" };
    const withToken = [...NODE_FLAGS, await redirected(emulator)];
    subjects.push(
      { name: ON_DATASTORE, args: SERVED, env: datastore, request: COUNT },
      { name: WITH_TOKEN, args: withToken, env: atGoogle, request: COUNT },
      { name: PLAIN_GRPC, args: [...NODE_FLAGS, peerFile("plain-grpc")], env: datastore, request: COUNT },
    );
  }
  const miniflare = join(ROOT, "build", "bench", "peers", "miniflare.ts");
  subjects.push(
    { name: "Hono alone, first answer", args: [peerFile("hono")], env: {}, request: HELLO },
    { name: "Footfall, first answer (health, SQLite)", args: SERVED, env: sqlite, request: HEALTH },
    { name: "Footfall, first visit counted in SQLite", args: SERVED, env: sqlite, request: COUNT },
    { name: "Footfall under Miniflare, first visit counted", args: [miniflare], env: { TMPDIR: folder }, request: COUNT },
  );
  return subjects;
}

/** The built server, but that Google's address in it is the emulator's: which wants no token, and so would never make it ask for one. */
async function redirected(emulator: string): Promise<string> {
  const from = dirname(SERVER);
  const to = join(DIST, "bench", "peers", "redirected");
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  await cp(from, to, { recursive: true });
  for (const file of await readdir(to)) {
    if (!/\.[mc]?js$/.test(file)) continue;
    const text = await readFile(join(to, file), "utf8");
    const changed = text.replaceAll("https://datastore.googleapis.com", `http://${emulator}`);
    if (changed !== text) await writeFile(join(to, file), changed);
  }
  // V8 takes what it has compiled only for the very text.
  await writeCodeCache(to);
  return join(to, "index.cjs");
}

function report(starts: ReadonlyMap<string, readonly Started[]>, notes: string[]): Result {
  const times = new Map([...starts].map(([name, runs]) => [name, runs.map(({ ms }) => ms)]));
  const cpuTimes = new Map([...starts].map(([name, runs]) => [name, runs.map(({ cpuMs }) => cpuMs)]));
  /** The median of a subject's ratios to another's start of the same round. */
  const ratio = (name: string, other: string, of = times) =>
    median((of.get(name) ?? []).map((value, round) => value / (of.get(other)?.[round] ?? Number.NaN)));
  const bare = times.get(BARE) ?? [];
  const busy = median(bare) / Math.min(...bare);
  const budgets: Budget[] = [
    {
      name: "first visit in Datastore, of bare Node's first answer",
      value: ratio(ON_DATASTORE, BARE),
      goal: OF_BARE,
      kind: "most",
    },
    {
      name: "sooner than over gRPC from the start, times",
      value: ratio(PLAIN_GRPC, ON_DATASTORE),
      goal: SOONER_THAN_GRPC,
      kind: "least",
    },
  ];
  const rows = [...times].map(([name, runs]) => [
    name,
    ...[median(runs), percentile(runs, 0.95), Math.min(...runs), ratio(name, BARE)].map(shortly),
    ...[median(cpuTimes.get(name) ?? []), ratio(name, BARE, cpuTimes)].map(shortly),
  ]);
  return {
    part: "cold",
    title: `From starting a process to its first answer (${bare.length} starts each)`,
    table: [["", "median ms", "p95 ms", "least ms", "of bare", "CPU ms", "of bare"], ...rows],
    charts: [
      {
        title: "Process start to first answer, median",
        unit: "ms",
        bars: [...times].map(([label, runs]) => ({ label, value: median(runs), ours: label.startsWith("Footfall") })),
      },
    ],
    budgets: budgets.filter(({ value }) => Number.isFinite(value)),
    figures: Object.fromEntries([...times].map(([name, runs]) => [name, { value: median(runs), unit: "ms", spread: spread(runs) }])),
    notes: [
      ...notes,
      "A ratio is the median of those of the starts of one round.",
      "CPU is the main thread's own time until the answer: on a busy machine its ratios are steadier.",
      ...(busy > QUIET
        ? [`The machine was busy: bare Node's median is ${shortly(busy)} of its least. Measure again when it is idle.`]
        : []),
    ],
  };
}
