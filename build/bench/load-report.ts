import type { Observation } from "../observe.ts";
import { grouped, median, shortly } from "../statistics.ts";
import { compared, type Pair } from "./against.ts";
import { writesPerVisit } from "./cost.ts";
import { type Measured, nameOf, type Point, type Sample, subjectAt } from "./load-points.ts";
import { loadTool } from "./load-tool.ts";
import { type Budget, figureOf, least, most, type Result } from "./result.ts";
import type { Run } from "./run.ts";

/** Goals of DESIGN.md and of its issues. */
const OF_HONO = [
  [64, 0.35],
  [256, 0.6],
] as const;
const OF_NO_IDS = 0.6;
const OF_EARLIER = 0.85;
const OF_COMMIT_PER_VISIT = 12;
const SQLITE_OF_NO_OP = 0.6;
const WRITES = { without: 0.1, with: 1.1 };
const STALL_MS = 150;
/** A slow answer may take as long as the no-op's, and this many commits. */
const P99_COMMITS = 5;
const CONNECTIONS = [64, 256, 512];

/** A number of each column, from the samples of a point; `NaN` where it tells nothing. */
const COLUMNS: Readonly<Record<string, (samples: Measured, rate: Rate) => number>> = {
  "visits/s": (one) => middle(one, ({ perSecond }) => perSecond),
  "of no-op": (one, rate) => middle(one, ({ perSecond }) => perSecond) / rate("no-op", one.connections),
  "p50 ms": (one) => middle(one, ({ p50Ms }) => p50Ms),
  "p99 ms": (one) => middle(one, ({ p99Ms }) => p99Ms),
  commits: (one) => middle(one, ({ commits }) => commits || Number.NaN),
  "commit ms": (one) => middle(one, ({ commits, commitMs }) => (commits > 0 ? commitMs : Number.NaN)),
  "visits/commit": (one) => (batches(one) ? middle(one, ({ stored, commits }) => stored / commits) : Number.NaN),
  "writes/visit": (one) => (batches(one) ? writesOf(one) : Number.NaN),
  "CPU µs": (one) => cpuPerVisit(one, "cpuMs"),
  emulator: (one) => (counts(one) ? cpuPerVisit(one, "emulatorCpuMs") : Number.NaN),
};

type Rate = (subject: string, connections: number, ids?: boolean) => number;

/** Medians over the rounds, the ratios between them, and how these stand against the budgets. */
export function reportLoad(measured: readonly Measured[], warm: ReadonlyMap<string, Observation>, { earlier, notes }: Run): Result {
  const find = (subject: string, connections: number, ids = false) =>
    measured.find((one) => one.subject === subject && one.connections === connections && one.ids === ids);
  const rate: Rate = (...of) => middle(find(...of), ({ perSecond }) => perSecond);
  const ours = (connections: number, ids = false) => rate("footfall", connections, ids);
  const p99Allowed = (connections: number) =>
    middle(find("no-op", connections), ({ p99Ms }) => p99Ms) +
    P99_COMMITS * middle(find("footfall", connections), ({ commitMs }) => commitMs);
  const before = (connections: number) => (earlier ? rate(subjectAt(earlier, "footfall"), connections) : Number.NaN);

  const budgets: Budget[] = [
    ...OF_HONO.map(([at, goal]) => least(`throughput at ${at} connections, of bare Hono's`, ours(at) / rate("Hono alone", at), goal)),
    ...OF_HONO.map(([at]) => least(`the same, of ${earlier?.commit}'s at ${at}`, ours(at) / before(at), OF_EARLIER)),
    ...CONNECTIONS.map((at) => least(`with an id on every visit at ${at}, of without`, ours(at, true) / ours(at), OF_NO_IDS)),
    least("throughput at 256, of one commit per visit", ours(256) / rate("commit per visit", 256), OF_COMMIT_PER_VISIT),
    least("on SQLite at 64, of the no-op's", rate("footfall on SQLite", 64) / rate("no-op", 64), SQLITE_OF_NO_OP),
    ...CONNECTIONS.map((at) => {
      const value = middle(find("footfall", at), ({ p99Ms }) => p99Ms) / p99Allowed(at);
      return most(`p99 at ${at}, of the no-op's + ${P99_COMMITS} median commits`, value, 1);
    }),
    most("entity writes per visit at 64, no ids", writesOf(find("footfall", 64)), WRITES.without),
    most("entity writes per visit at 64, ids", writesOf(find("footfall", 64, true)), WRITES.with),
    most("longest stall while gRPC takes over, ms", warm.get("footfall")?.stallMs ?? Number.NaN, STALL_MS),
  ];
  const number = (value: number) => (Number.isFinite(value) ? shortly(value) : "");
  const rows = measured.map((one) => [
    nameOf(one),
    ...Object.values(COLUMNS).map((of) => number(of(one, rate))),
    counts(one) ? verdict(one.samples) : "",
  ]);
  return {
    part: "load",
    title: `Counting on one hot page (load by ${loadTool}, medians of ${measured[0]?.samples.length ?? 0} rounds)`,
    table: [["", ...Object.keys(COLUMNS), "counted"], ...rows],
    charts: CONNECTIONS.map((connections) => ({
      title: `Visits per second, ${connections} connections`,
      unit: "visits/s",
      bars: measured
        .filter((one) => one.connections === connections)
        .map((one) => ({ label: nameOf(one), value: middle(one, ({ perSecond }) => perSecond), ours: one.subject.startsWith("footfall") })),
    })),
    budgets: budgets.filter(({ value }) => Number.isFinite(value)),
    figures: Object.fromEntries(
      measured.map((one) => {
        const rates = one.samples.map(({ perSecond }) => perSecond);
        return [nameOf(one), figureOf(rates, "visits/s")];
      }),
    ),
    notes: [
      ...notes,
      ...slowNote(measured),
      ...cpuNote(find("footfall", 256), find("footfall", 256, true)),
      ...(warm.has("footfall") ? [`Footfall's resident memory after its warm-up: ${shortly(warm.get("footfall")?.rssMb ?? 0)} MB.`] : []),
      ...(earlier
        ? [
            compared(
              earlier,
              measured.flatMap((one) => pairsOf(one, find(subjectAt(earlier, one.subject), one.connections, one.ids))),
            ),
          ]
        : []),
    ],
  };
}

function slowNote(measured: readonly Measured[]): string[] {
  const rest = measured.filter((one) => one.subject === "footfall" && middle(one, ({ grpc }) => grpc) < 1);
  return rest.length > 0 ? [`Not all over gRPC, so too slow: ${rest.map(nameOf).join("; ")}. Is the machine busy?`] : [];
}

function cpuNote(without: Measured | undefined, withIds: Measured | undefined): string[] {
  if (!without || !withIds) return [];
  const of = (process: "cpuMs" | "emulatorCpuMs") =>
    `${shortly(cpuPerVisit(withIds, process))} µs with an id, ${shortly(cpuPerVisit(without, process))} without`;
  return [`A visit's CPU time at 256 connections: the server's ${of("cpuMs")}; the emulator's, on the same cores, ${of("emulatorCpuMs")}.`];
}

function pairsOf(one: Measured, other: Measured | undefined): Pair[] {
  if (!other || other === one) return [];
  const both = (of: (sample: Sample) => number) => ({ before: other.samples.map(of), here: one.samples.map(of) });
  return [
    { name: `${nameOf(one)}, visits/s`, ...both(({ perSecond }) => perSecond) },
    { name: "  the same, CPU µs per visit", ...both(({ cpuMs, counted }) => (cpuMs * 1_000) / counted) },
  ];
}

function middle(one: Measured | undefined, of: (sample: Sample) => number): number {
  return median(one?.samples.map(of) ?? []);
}

/** Whether its store is compared with its answers. */
function counts({ subject }: Pick<Point, "subject">): boolean {
  return subject !== "no-op" && subject !== "Hono alone";
}

/** Whether its commits are those of the recorder: not of a peer that reads, nor of SQLite. */
function batches({ subject }: Pick<Point, "subject">): boolean {
  return counts({ subject }) && !/SQLite|put|transaction/.test(subject);
}

function writesOf(one: Measured | undefined): number {
  return middle(one, ({ commits, stored }) => (commits > 0 ? writesPerVisit(stored, commits, one?.ids ?? false) : Number.NaN));
}

/** Microseconds of a visit, on whichever cores: a busy machine hardly disturbs it. */
function cpuPerVisit(one: Measured, of: "cpuMs" | "emulatorCpuMs"): number {
  return middle(one, (sample) => (sample[of] * 1_000) / sample.counted);
}

function verdict(samples: readonly Sample[]): string {
  const answered = samples.reduce((sum, { counted }) => sum + counted, 0);
  const stored = samples.reduce((sum, one) => sum + one.stored, 0);
  if (answered === 0) return "none answered";
  return stored >= answered ? "all" : `${grouped(stored)} of ${grouped(answered)}`;
}
