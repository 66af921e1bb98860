import { readdirSync, readFileSync } from "node:fs";
import { missingForEmulator, startEmulator } from "../emulator.ts";
import { freePort } from "../process.ts";

/** A line for each connection, and the way of that line through gcloud, are no part of what is measured: 0.2 ms of a start. */
const WITHOUT_LOG = "-Djava.util.logging.config.file=/dev/null";

/**
 * Runs `body` with a Datastore emulator of its own (or with that of `DATASTORE_EMULATOR_HOST`); with `null` and a note where this
 * machine has none. `cpuMs` is how long the emulator has computed so far; `NaN` where nothing tells.
 */
export async function withEmulator<T>(notes: string[], body: (host: string | null, cpuMs: () => number) => Promise<T>): Promise<T> {
  const given = process.env["DATASTORE_EMULATOR_HOST"];
  if (given) return body(given, () => Number.NaN);
  const missing = missingForEmulator();
  if (missing !== null) {
    notes.push(`Without Datastore: ${missing}.`);
    return body(null, () => Number.NaN);
  }
  const port = await freePort();
  const { running, ready } = startEmulator(port, {
    env: { ...process.env, JAVA_TOOL_OPTIONS: `${process.env["JAVA_TOOL_OPTIONS"] ?? ""} ${WITHOUT_LOG}` },
  });
  try {
    await ready;
    return await body(`127.0.0.1:${port}`, () => cpuOfGroup(running.pid));
  } finally {
    await running.stop();
  }
}

/** A tick of the times in /proc, which is this on every Linux that Node runs on. */
const TICK_MS = 10;

/** How long the processes of a group have computed; see proc_pid_stat(5). */
function cpuOfGroup(group: number): number {
  let ticks = 0;
  try {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const fields = statOf(pid);
      if (Number(fields[2]) === group) ticks += Number(fields[11]) + Number(fields[12]);
    }
  } catch {
    return Number.NaN;
  }
  return ticks * TICK_MS;
}

/** What stands behind a process's name; nothing where it has just ended. */
function statOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return [];
  }
}
