import { readFileSync } from "node:fs";

/** What a small Cloud Run instance has. */
export const MEMORY_MB = 512;

/** How much memory a process has in use, in megabytes. */
export function memoryOf(pid: number): number {
  const [, kilobytes = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1_024;
}
