import { createProgress } from "../progress.ts";
import { SERVER } from "../server.ts";
import { grouped, median, shortly } from "../statistics.ts";
import { type Budget, most, type Result } from "./result.ts";
import type { Run } from "./run.ts";
import { inDatastore, startServer } from "./server.ts";
import { endure, stopOnce, switchOnce } from "./soak-runs.ts";

const STALL_MS = 150;
const STOP_MS = 8_000;
/** Memory of the last third of a long load, as a share of the first third's. */
const GROWTH = 1.1;

/** What must hold every time, many times over: switches to gRPC, stops under load, and a long load; throws where a visit is lost. */
export async function benchSoak({ emulator, options, notes }: Run): Promise<Result> {
  const { switches, stops, minutes } = emulator === null ? { switches: 0, stops: 0, minutes: 0 } : options;
  const progress = createProgress("soak", switches + stops + Math.min(minutes, 1));
  const rows: string[][] = [];
  const budgets: Budget[] = [];
  const own: string[] = [];
  const env = inDatastore(emulator, "soak");

  const switched = await repeat(switches, (index) => {
    progress.step(`REST to gRPC under load, ${index}`);
    return switchOnce(inDatastore(emulator, `switch-${index}`), index);
  });
  if (switches > 0) {
    const stalls = switched.map(({ stallMs }) => stallMs);
    rows.push(row("REST to gRPC under load, with ids", switched, "stall ms", stalls));
    budgets.push(most("longest stall while gRPC takes over, ms (median)", median(stalls), STALL_MS));
  }

  if (stops > 0) {
    const reader = await startServer(SERVER, env);
    const stopped = await repeat(stops, (index) => {
      progress.step(`SIGTERM under load, ${index}`);
      return stopOnce(env, reader, index);
    }).finally(() => reader.stop());
    const times = stopped.map(({ ms }) => ms);
    rows.push(row("SIGTERM under 64 connections", stopped, "to exit ms", times));
    budgets.push(most("SIGTERM to exit, ms (longest)", Math.max(...times), STOP_MS));
  }

  if (minutes > 0) {
    progress.step(`half of capacity, ${minutes} min`);
    const { visits, failed, perSecond, p99Ms, rssMb } = await endure(env, minutes);
    const third = Math.floor(rssMb.length / 3);
    const [first, last] = [mean(rssMb.slice(0, third)), mean(rssMb.slice(-third))];
    const name = `${minutes} min at ${shortly(perSecond)} visits/s`;
    rows.push([name, "1", grouped(visits), "memory MB", shortly(first), shortly(last)]);
    budgets.push(most("memory in the last third, of the first", last / first, GROWTH), most("visits that failed", failed, 0));
    own.push(`p99 of the long load: ${shortly(p99Ms)} ms.`);
  }
  progress.end();
  return {
    part: "soak",
    title: "Endurance: every count was checked",
    table: [["", "times", "visits, each once", "", "median (first third)", "longest (last third)"], ...rows],
    charts: [],
    budgets,
    figures: {},
    notes: [...notes, ...own],
  };
}

async function repeat<T>(times: number, act: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let index = 1; index <= times; index += 1) results.push(await act(index));
  return results;
}

function row(name: string, runs: readonly { visits: number }[], unit: string, values: readonly number[]): string[] {
  const visits = grouped(runs.reduce((sum, run) => sum + run.visits, 0));
  return [name, String(runs.length), visits, unit, shortly(median(values)), shortly(Math.max(...values))];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
