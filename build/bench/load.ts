import type { Observation } from "../observe.ts";
import { createProgress } from "../progress.ts";
import { NODE_FLAGS, SERVER } from "../server.ts";
import { type Measured, nameOf, type Point, planLoad, type Sample, subjectAt } from "./load-points.ts";
import { reportLoad } from "./load-report.ts";
import { expectExact, sendVisits } from "./load-tool.ts";
import { buildPeers, peerFile } from "./peers.ts";
import type { Result } from "./result.ts";
import type { Run } from "./run.ts";
import { inDatastore, inSqlite, type Server, startServer } from "./server.ts";
import { warmUpByLoad } from "./warm-up.ts";

/** A server that is measured, and where it counts. */
interface Subject {
  readonly file: string;
  readonly flags?: readonly string[];
  readonly store: "datastore" | "sqlite";
  /** `none`: its store has nothing to compare; `lossy`: it counts fewer than it answers, which is what it is here to show. */
  readonly counts: "exact" | "lossy" | "none";
}

const SUBJECTS: Readonly<Record<string, Subject>> = {
  "Hono alone": { file: peerFile("hono"), flags: [], store: "sqlite", counts: "none" },
  "no-op": { file: peerFile("no-op"), store: "sqlite", counts: "none" },
  footfall: { file: SERVER, store: "datastore", counts: "exact" },
  "footfall on SQLite": { file: SERVER, store: "sqlite", counts: "exact" },
  "commit per visit": { file: peerFile("commit-per-visit"), store: "datastore", counts: "exact" },
  "transaction per visit": { file: peerFile("transaction-per-visit"), store: "datastore", counts: "exact" },
  "read, then put": { file: peerFile("read-then-put"), store: "datastore", counts: "lossy" },
};

/** Visits are sent for so long before anything is measured: compiled code, open connections, gRPC in place of REST. */
const WARM_UP = { connections: 64, seconds: 3, run: "warm", pages: 1, ids: false };
const WARM_UPS = 4;
/** Counting on one hot page, the peers in the same run on the same machine; every count is checked. */
export async function benchLoad(run: Run): Promise<Result> {
  const { emulator, earlier, folder, options } = run;
  await buildPeers(["hono", "no-op", "commit-per-visit", "read-then-put", "transaction-per-visit"]);
  const subjects = new Map(Object.entries(SUBJECTS));
  if (earlier) {
    const own = { file: earlier.server, flags: earlier.flags, counts: "exact" } as const;
    subjects.set(subjectAt(earlier, "footfall"), { ...own, store: "datastore" });
    subjects.set(subjectAt(earlier, "footfall on SQLite"), { ...own, store: "sqlite" });
  }
  const points = planLoad(earlier, options.rounds).filter(({ subject }) => emulator !== null || subjects.get(subject)?.store === "sqlite");
  const measured: Measured[] = points.map((point) => ({ ...point, samples: [] }));
  const names = [...new Set(points.map(({ subject }) => subject))];
  const progress = createProgress("load", names.length + points.reduce((sum, { rounds }) => sum + rounds, 0));
  const servers = new Map<string, Server>();
  const warm = new Map<string, Observation>();
  try {
    for (const name of names) {
      progress.step(`${name}: warming up`);
      const { file, flags = NODE_FLAGS, store } = subjects.get(name) ?? raise(name);
      const server = await startServer(file, store === "sqlite" ? inSqlite(folder, name) : inDatastore(emulator, name), flags);
      servers.set(name, server);
      warm.set(name, await warmUp(server, store === "datastore"));
    }
    for (const name of ["footfall", ...(earlier ? [subjectAt(earlier, "footfall")] : [])]) {
      const server = servers.get(name);
      if (server) await warmUpByLoad(server.url, run);
    }
    const repeated = measured.filter(({ last }) => !last);
    for (let round = 0; repeated.some(({ rounds }) => rounds > round); round += 1) {
      const due = repeated.filter(({ rounds }) => rounds > round);
      for (const point of round % 2 === 0 ? due : due.toReversed()) await take(point, round);
    }
    for (const point of measured.filter(({ last }) => last)) await take(point, 0);
  } finally {
    progress.end();
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
  return reportLoad(measured, warm, run);

  async function take(point: Measured, round: number): Promise<void> {
    const { subject, connections, ids } = point;
    progress.step(nameOf(point));
    const server = servers.get(subject) ?? raise(subject);
    const { counts } = subjects.get(subject) ?? raise(subject);
    point.samples.push(await measure(server, point, counts, `r${round}-${connections}-${ids}`, run));
  }
}

/** Sends visits for a while, and longer where the server has not yet gone over to gRPC; answers what was worst meanwhile. */
async function warmUp(server: Server, untilGrpc: boolean): Promise<Observation> {
  let stallMs = 0;
  await server.observe();
  for (let attempt = 1; ; attempt += 1) {
    await sendVisits({ ...WARM_UP, url: server.url });
    const seen = await server.observe();
    stallMs = Math.max(stallMs, seen.stallMs);
    if (!untilGrpc || seen.grpc === 1 || attempt === WARM_UPS) return { ...seen, stallMs };
  }
}

async function measure(
  server: Server,
  point: Point,
  counts: Subject["counts"],
  run: string,
  { options, emulatorCpuMs }: Run,
): Promise<Sample> {
  const { connections, ids, subject } = point;
  await server.observe();
  const before = await emulatorCpuMs();
  const answers = await sendVisits({ url: server.url, connections, seconds: options.seconds, run, pages: 1, ids });
  const emulator = (await emulatorCpuMs()) - before;
  const stored = counts === "none" ? answers.counted : await server.visits([`/${run}-0`]);
  const observation = await server.observe();
  if (counts === "exact") expectExact(subject, answers, stored, connections);
  return { ...answers, ...observation, stored, emulatorCpuMs: emulator };
}

function raise(name: string): never {
  throw new Error(`there is no subject "${name}"`);
}
