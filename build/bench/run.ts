import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingForEmulator, startEmulator } from "../emulator.ts";
import { freePort } from "../process.ts";
import { buildEarlier, type Earlier } from "./against.ts";
import type { Result } from "./result.ts";

/** What the command line asks for. */
export interface Options {
  /** Rounds of the load; the order of what is measured turns around in each. */
  readonly rounds: number;
  /** How long each load lasts. */
  readonly seconds: number;
  /** Starts of each subject. */
  readonly starts: number;
  /** The simulation runs its whole matrix. */
  readonly full: boolean;
  /** How often the soak switches from REST to gRPC, and stops a server; how long its load lasts. */
  readonly switches: number;
  readonly stops: number;
  readonly minutes: number;
}

/** What the parts of one run share. */
export interface Run {
  readonly options: Options;
  /** The Datastore emulator's `host:port`; `null` where there is none, as `notes` say. */
  readonly emulator: string | null;
  /** How long the emulator has computed so far; `NaN` where nothing tells. */
  emulatorCpuMs(): Promise<number>;
  /** The commit to compare with. */
  readonly earlier: Earlier | null;
  /** A temporary folder. */
  readonly folder: string;
  readonly notes: readonly string[];
}

/** A part of the bench. */
export type Bench = (run: Run) => Promise<Result>;

/** Logging each connection takes the emulator 0.2 ms of a start. */
const WITHOUT_LOG = "-Djava.util.logging.config.file=/dev/null";

/** Runs `body` with what it shares: one emulator (or that of `DATASTORE_EMULATOR_HOST`), one earlier build, one folder. */
export async function withRun(
  options: Options,
  wants: { emulator: boolean; against: string | undefined },
  body: (run: Run) => Promise<void>,
) {
  const earlier = wants.against === undefined ? null : await buildEarlier(wants.against);
  const folder = await mkdtemp(join(tmpdir(), "footfall-bench-"));
  const given = process.env["DATASTORE_EMULATOR_HOST"] || null;
  const missing = wants.emulator && given === null ? missingForEmulator() : null;
  const notes = missing === null ? [] : [`Without Datastore: ${missing}.`];
  const own = wants.emulator && given === null && missing === null ? await startOwn() : null;
  const run = { options, earlier, folder, notes };
  try {
    await body({ ...run, emulator: own?.host ?? given, emulatorCpuMs: async () => (own ? cpuOfGroup(own.pid) : Number.NaN) });
  } finally {
    await own?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function startOwn(): Promise<{ host: string; pid: number; stop(): Promise<void> }> {
  const port = await freePort();
  const java = `${process.env["JAVA_TOOL_OPTIONS"] ?? ""} ${WITHOUT_LOG}`;
  const { running, ready } = startEmulator(port, { env: { ...process.env, JAVA_TOOL_OPTIONS: java } });
  await ready;
  return { host: `127.0.0.1:${port}`, pid: running.pid, stop: () => running.stop() };
}

/** A tick of the times in /proc, which is this on every Linux that Node runs on. */
const TICK_MS = 10;

/** How long the processes of a group have computed; see proc_pid_stat(5). */
async function cpuOfGroup(group: number): Promise<number> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  // Behind the name in brackets, which may hold anything.
  const fields = stats.map((text) => text.replace(/^.*\) /s, "").split(" "));
  const ticks = fields.filter((one) => Number(one[2]) === group).map((one) => Number(one[11]) + Number(one[12]));
  return ticks.length === 0 ? Number.NaN : TICK_MS * ticks.reduce((sum, value) => sum + value);
}
