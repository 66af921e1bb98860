import { SERVER } from "../server.ts";
import { withEmulator } from "./emulator.ts";
import type { Options } from "./options.ts";
import { createProgress } from "./progress.ts";
import type { Budget, Result } from "./result.ts";
import { inDatastore, startServer } from "./server.ts";
import { endure } from "./soak-memory.ts";
import { type Stop, stopOnce } from "./soak-stop.ts";
import { type Switch, switchOnce } from "./soak-switch.ts";
import { median, shortly } from "./statistics.ts";

const STALL_MS = 150;
const STOP_MS = 8_000;
/** Memory of the last third of a long load, as a share of the first third's. */
const GROWTH = 1.1;

/** What must hold every time, many times over: switches to gRPC, stops under load, and a long load; throws where a visit is lost. */
export async function benchSoak({ switches, stops, minutes }: Options): Promise<Result> {
  const notes: string[] = [];
  return withEmulator(notes, async (emulator) => {
    if (emulator === null) return { part: "soak", title: "Endurance", table: [["", "times"]], charts: [], budgets: [], figures: {}, notes };
    const progress = createProgress("soak", switches + stops + Math.min(minutes, 1));
    const rows: string[][] = [];
    const budgets: Budget[] = [];

    const switched: Switch[] = [];
    for (let index = 1; index <= switches; index += 1) {
      progress.step(`REST to gRPC under load, ${index}`);
      switched.push(await switchOnce(emulator, index));
    }
    if (switches > 0) {
      const stalls = switched.map(({ stallMs }) => stallMs);
      rows.push(row("REST to gRPC under load, with ids", switched, "stall ms", stalls));
      budgets.push({ name: "longest stall while gRPC takes over, ms (median)", value: median(stalls), goal: STALL_MS, kind: "most" });
    }

    const stopped = stops > 0 ? await stopMany(emulator, stops, progress.step) : [];
    if (stops > 0) {
      const times = stopped.map(({ ms }) => ms);
      rows.push(row("SIGTERM under 64 connections", stopped, "to exit ms", times));
      budgets.push({ name: "SIGTERM to exit, ms (longest)", value: Math.max(...times), goal: STOP_MS, kind: "most" });
    }

    if (minutes > 0) {
      progress.step(`half of capacity, ${minutes} min`);
      const { visits, failed, perSecond, p99Ms, rssMb } = await endure(emulator, minutes);
      const third = Math.floor(rssMb.length / 3);
      const [first, last] = [mean(rssMb.slice(0, third)), mean(rssMb.slice(-third))];
      rows.push([
        `${minutes} min at ${shortly(perSecond)} visits/s`,
        "1",
        visits.toLocaleString("en-US"),
        "memory MB",
        shortly(first),
        shortly(last),
      ]);
      budgets.push({ name: "memory in the last third, of the first", value: last / first, goal: GROWTH, kind: "most" });
      budgets.push({ name: "visits that failed", value: failed, goal: 0, kind: "most" });
      notes.push(`p99 of the long load: ${shortly(p99Ms)} ms.`);
    }
    progress.end();
    return {
      part: "soak",
      title: "Endurance: every count was checked",
      table: [["", "times", "visits, each once", "", "median (first third)", "longest (last third)"], ...rows],
      charts: [],
      budgets,
      figures: {},
      notes,
    };
  });
}

async function stopMany(emulator: string, stops: number, step: (what: string) => void): Promise<Stop[]> {
  const env = inDatastore(emulator, "stop");
  const reader = await startServer(SERVER, env);
  const stopped: Stop[] = [];
  try {
    for (let index = 1; index <= stops; index += 1) {
      step(`SIGTERM under load, ${index}`);
      stopped.push(await stopOnce(env, reader, index));
    }
  } finally {
    await reader.stop();
  }
  return stopped;
}

function row(name: string, runs: readonly { visits: number }[], unit: string, values: readonly number[]): string[] {
  const visits = runs.reduce((sum, run) => sum + run.visits, 0).toLocaleString("en-US");
  return [name, String(runs.length), visits, unit, shortly(median(values)), shortly(Math.max(...values))];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
