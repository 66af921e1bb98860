import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SERVER } from "../server.ts";
import { withEmulator } from "./emulator.ts";
import { reportLoad } from "./load-report.ts";
import { type Answers, expectExact, sendVisits } from "./load-tool.ts";
import type { Observation } from "./observe.ts";
import type { Options } from "./options.ts";
import { buildPeers, peerFile } from "./peers.ts";
import { createProgress } from "./progress.ts";
import { measureRates, RATE_STEPS } from "./rates.ts";
import type { Figure, Result } from "./result.ts";
import { measureScale, SCALE_STEPS } from "./scale.ts";
import { inDatastore, inSqlite, type Server, startServer } from "./server.ts";
import { warmUpByLoad } from "./warm-up.ts";

/** Who is measured, and where it counts. `lossy`: counts fewer than it answers, which is what it is here to show. */
const SUBJECTS = {
  "no-op": { file: peerFile("no-op"), store: "sqlite", counts: false },
  footfall: { file: SERVER, store: "datastore", counts: true },
  "footfall on SQLite": { file: SERVER, store: "sqlite", counts: true },
  "commit per visit": { file: peerFile("commit-per-visit"), store: "datastore", counts: true },
  "transaction per visit": { file: peerFile("transaction-per-visit"), store: "datastore", counts: true },
  "read, then put": { file: peerFile("read-then-put"), store: "datastore", counts: true, lossy: true },
} as const satisfies Record<string, { file: string; store: "datastore" | "sqlite"; counts: boolean; lossy?: boolean }>;
export type Subject = keyof typeof SUBJECTS;

/** One thing that is measured, in every round or only once. */
export interface Point {
  readonly subject: Subject;
  readonly connections: number;
  readonly ids: boolean;
  readonly once?: boolean;
}

/** One measurement of a point: what the load tool got, what the server saw, and what the store says afterwards. */
export interface Sample extends Answers, Observation {
  readonly stored: number;
  readonly emulatorCpuMs: number;
}

export interface Measured extends Point {
  readonly samples: Sample[];
}

/** Visits are sent for so long before anything is measured: compiled code, open connections, gRPC in place of REST. */
const WARM_UP = { connections: 64, seconds: 3 };
const WARM_UPS = 4;
const ALL_CONNECTIONS = [64, 256, 512];

function plan(hasDatastore: boolean): Point[] {
  const at = (subject: Subject, connections: readonly number[], ids = false, once = false): Point[] =>
    connections.map((count) => ({ subject, connections: count, ids, once }));
  const points = [
    ...at("no-op", ALL_CONNECTIONS),
    ...at("footfall", ALL_CONNECTIONS),
    ...at("footfall", ALL_CONNECTIONS, true),
    ...at("footfall on SQLite", [64]),
    ...at("commit per visit", [256]),
    ...at("read, then put", [64], false, true),
    ...at("transaction per visit", [64], false, true),
  ];
  return points.filter(({ subject }) => hasDatastore || SUBJECTS[subject].store === "sqlite");
}

/** Counting on one hot page, the peers in the same run on the same machine; every count is checked. */
export async function benchLoad(options: Options): Promise<Result> {
  const notes: string[] = [];
  await buildPeers(["no-op", "commit-per-visit", "read-then-put", "transaction-per-visit"]);
  const folder = await mkdtemp(join(tmpdir(), "footfall-bench-"));
  const servers = new Map<Subject, Server>();
  const warm = new Map<Subject, Observation>();
  try {
    return await withEmulator(notes, async (emulator, emulatorCpuMs) => {
      const points = plan(emulator !== null);
      const measured: Measured[] = points.map((point) => ({ ...point, samples: [] }));
      const subjects = [...new Set(points.map(({ subject }) => subject))];
      const once = points.filter((point) => point.once).length;
      const onDatastore = emulator === null ? 0 : RATE_STEPS + SCALE_STEPS;
      const progress = createProgress("load", subjects.length + (points.length - once) * options.rounds + once + onDatastore);
      for (const subject of subjects) {
        progress.step(`${subject}: warming up`);
        const server = await startServer(
          SUBJECTS[subject].file,
          SUBJECTS[subject].store === "sqlite" ? inSqlite(folder, subject) : inDatastore(emulator, subject),
        );
        servers.set(subject, server);
        warm.set(subject, await warmUp(server, SUBJECTS[subject].store === "datastore"));
      }
      const footfall = servers.get("footfall");
      if (footfall && emulator !== null) await warmUpByLoad(footfall.url, options.seconds, emulatorCpuMs);
      const take = async (point: Measured, round: number) => {
        progress.step(`${point.subject}, ${point.connections} connections${point.ids ? ", ids" : ""}`);
        const server = servers.get(point.subject);
        const run = `r${round}-${point.connections}-${point.ids}`;
        if (server) point.samples.push(await measure(server, point, options.seconds, run, emulatorCpuMs));
      };
      const always = measured.filter((point) => !point.once);
      for (let round = 0; round < options.rounds; round += 1) {
        for (const point of round % 2 === 0 ? always : always.toReversed()) await take(point, round);
      }
      // Last, as the emulator is busy with what these leave behind.
      for (const point of measured.filter((one) => one.once)) await take(point, 0);
      const figures: Record<string, Figure> = {};
      if (footfall && emulator !== null) {
        notes.push(`At a steady rate, with the prices of build/bench/cost.ts:\n\n${await measureRates(footfall, progress.step)}`);
        const scale = await measureScale(emulator, options.seconds, progress.step);
        notes.push(scale.note);
        Object.assign(figures, scale.figures);
      }
      progress.end();
      const result = reportLoad(measured, warm, notes);
      return { ...result, figures: { ...result.figures, ...figures } };
    });
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sends visits for a while, and longer where the server has not yet gone over to gRPC; answers what was worst meanwhile. */
async function warmUp(server: Server, untilGrpc: boolean): Promise<Observation> {
  let stallMs = 0;
  await server.observe();
  for (let attempt = 1; ; attempt += 1) {
    await sendVisits({ ...WARM_UP, url: server.url, run: "warm", pages: 1, ids: false });
    const seen = await server.observe();
    stallMs = Math.max(stallMs, seen.stallMs);
    if (!untilGrpc || seen.grpc === 1 || attempt === WARM_UPS) return { ...seen, stallMs };
  }
}

async function measure(server: Server, point: Point, seconds: number, run: string, emulatorCpuMs: () => number): Promise<Sample> {
  const { connections, ids, subject } = point;
  const definition: { counts: boolean; lossy?: boolean } = SUBJECTS[subject];
  await server.observe();
  const before = emulatorCpuMs();
  const answers = await sendVisits({ url: server.url, connections, seconds, run, pages: 1, ids });
  const emulator = emulatorCpuMs() - before;
  const stored = definition.counts ? await server.visits([`/${run}-0`]) : answers.counted;
  const observation = await server.observe();
  if (!definition.lossy) expectExact(subject, answers, stored, connections);
  return { ...answers, ...observation, stored, emulatorCpuMs: emulator };
}
