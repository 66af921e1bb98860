import { writesPerVisit } from "./cost.ts";
import type { Measured, Point, Sample, Subject } from "./load.ts";
import { loadTool } from "./load-tool.ts";
import type { Observation } from "./observe.ts";
import type { Budget, Figure, Result } from "./result.ts";
import { median, shortly, spread } from "./statistics.ts";

/** Goals of DESIGN.md, by connections. */
const OF_NO_OP: readonly (readonly [connections: number, goal: number])[] = [
  [64, 0.4],
  [256, 0.7],
  [512, 0.9],
];
const OF_NO_IDS = 0.85;
const OF_COMMIT_PER_VISIT = 12;
const SQLITE_OF_NO_OP = 0.6;
const WRITES = { without: 0.1, with: 1.1 };
const STALL_MS = 150;
/** A slow answer may take as long as the no-op's, and this many commits. */
const P99_COMMITS = 5;

/** Medians over the rounds, the ratios between them, and how these stand against the budgets. */
export function reportLoad(measured: readonly Measured[], warm: ReadonlyMap<Subject, Observation>, notes: string[]): Result {
  const find = (subject: Subject, connections: number, ids = false) =>
    measured.find((one) => one.subject === subject && one.connections === connections && one.ids === ids);
  const middle = (one: Measured | undefined, of: keyof Sample) => (one ? median(one.samples.map((sample) => sample[of])) : Number.NaN);
  const rate = (subject: Subject, connections: number, ids = false) => middle(find(subject, connections, ids), "perSecond");

  const budgets: Budget[] = [];
  const least = (name: string, value: number, goal: number) => budgets.push({ name, value, goal, kind: "least" });
  const most = (name: string, value: number, goal: number) => budgets.push({ name, value, goal, kind: "most" });
  for (const [connections, goal] of OF_NO_OP) {
    least(`throughput at ${connections} connections, of the no-op's`, rate("footfall", connections) / rate("no-op", connections), goal);
  }
  for (const [connections] of OF_NO_OP) {
    least(
      `with an id on every visit at ${connections}, of without`,
      rate("footfall", connections, true) / rate("footfall", connections),
      OF_NO_IDS,
    );
  }
  least("throughput at 256, of one commit per visit", rate("footfall", 256) / rate("commit per visit", 256), OF_COMMIT_PER_VISIT);
  least("on SQLite at 64, of the no-op's", rate("footfall on SQLite", 64) / rate("no-op", 64), SQLITE_OF_NO_OP);
  for (const [connections] of OF_NO_OP) {
    const ours = find("footfall", connections);
    const allowed = middle(find("no-op", connections), "p99Ms") + P99_COMMITS * middle(ours, "commitMs");
    most(`p99 at ${connections}, of the no-op's + ${P99_COMMITS} median commits`, middle(ours, "p99Ms") / allowed, 1);
  }
  most("entity writes per visit at 64, no ids", writesOf(find("footfall", 64)), WRITES.without);
  most("entity writes per visit at 64, ids", writesOf(find("footfall", 64, true)), WRITES.with);
  most("longest stall while gRPC takes over, ms", warm.get("footfall")?.stallMs ?? Number.NaN, STALL_MS);

  const header = [
    "",
    "visits/s",
    "of no-op",
    "p50 ms",
    "p99 ms",
    "commits",
    "commit ms",
    "visits/commit",
    "writes/visit",
    "CPU µs",
    "emulator",
    "counted",
  ];
  const rows = measured.map((one) => {
    const commits = middle(one, "commits");
    const visits = middle(one, "stored");
    const batches = one.subject === "footfall" || one.subject === "commit per visit";
    return [
      nameOf(one),
      shortly(middle(one, "perSecond")),
      shortly(middle(one, "perSecond") / rate("no-op", one.connections)),
      shortly(middle(one, "p50Ms")),
      shortly(middle(one, "p99Ms")),
      commits > 0 ? shortly(commits) : "",
      commits > 0 ? shortly(middle(one, "commitMs")) : "",
      batches ? shortly(visits / commits) : "",
      batches ? shortly(writesOf(one)) : "",
      shortly(cpuPerVisit(one, "cpuMs")),
      one.subject === "no-op" ? "" : shortly(cpuPerVisit(one, "emulatorCpuMs")),
      one.subject === "no-op" ? "" : verdict(one.samples),
    ];
  });
  const kept = warm.get("footfall");
  const rest = measured.filter((one) => one.subject === "footfall" && middle(one, "grpc") < 1);
  if (rest.length > 0) notes.push(`Not all over gRPC, so too slow: ${rest.map(nameOf).join("; ")}. Is the machine busy?`);
  const without = find("footfall", 256);
  const withIds = find("footfall", 256, true);
  if (without && withIds) {
    const of = (process: "cpuMs" | "emulatorCpuMs") =>
      `${shortly(cpuPerVisit(withIds, process))} µs with an id, ${shortly(cpuPerVisit(without, process))} without`;
    notes.push(
      `A visit's CPU time at 256 connections: the server's ${of("cpuMs")}; the emulator's, on the same cores, ${of("emulatorCpuMs")}.`,
    );
  }
  if (kept) notes.push(`Footfall's resident memory after its warm-up: ${shortly(kept.rssMb)} MB.`);
  return {
    part: "load",
    title: `Counting on one hot page (load by ${loadTool}, medians of ${measured[0]?.samples.length ?? 0} rounds)`,
    table: [header, ...rows],
    charts: OF_NO_OP.map(([connections]) => ({
      title: `Visits per second, ${connections} connections`,
      unit: "visits/s",
      bars: measured
        .filter((one) => one.connections === connections)
        .map((one) => ({ label: nameOf(one), value: middle(one, "perSecond"), ours: one.subject.startsWith("footfall") })),
    })),
    budgets: budgets.filter(({ value }) => Number.isFinite(value)),
    figures: Object.fromEntries(measured.map((one) => [nameOf(one), figure(one.samples)])),
    notes,
  };
}

function nameOf({ subject, connections, ids }: Point): string {
  return `${subject}, ${connections}${ids ? ", ids" : ""}`;
}

function figure(samples: readonly Sample[]): Figure {
  const rates = samples.map(({ perSecond }) => perSecond);
  return { value: median(rates), unit: "visits/s", spread: spread(rates) };
}

function writesOf(one: Measured | undefined): number {
  return one ? median(one.samples.map(({ commits, stored }) => writesPerVisit(stored, commits, one.ids))) : Number.NaN;
}

/** Microseconds of a visit, on whichever cores: a busy machine hardly disturbs it. */
function cpuPerVisit(one: Measured | undefined, of: "cpuMs" | "emulatorCpuMs"): number {
  return one ? median(one.samples.map((sample) => (sample[of] * 1_000) / sample.counted)) : Number.NaN;
}

function verdict(samples: readonly Sample[]): string {
  const answered = samples.reduce((sum, { counted }) => sum + counted, 0);
  const stored = samples.reduce((sum, one) => sum + one.stored, 0);
  if (answered === 0) return "none answered";
  return stored >= answered ? "all" : `${stored.toLocaleString("en-US")} of ${answered.toLocaleString("en-US")}`;
}
