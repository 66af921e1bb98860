import { readFileSync } from "node:fs";

/** The memory of a small Cloud Run instance. */
export const MEMORY_MB = 512;

/** The memory that a process uses, in megabytes. */
export function memoryOf(pid: number): number {
  const [, kilobytes = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1_024;
}
