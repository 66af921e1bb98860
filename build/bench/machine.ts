import { cpus, loadavg, release, totalmem } from "node:os";
import { execaSync } from "execa";
import { ROOT } from "../root.ts";

/** The machine and the sources that figures belong to. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** The load average of the last minute when the bench began. */
  readonly loadBefore: number;
  /** The commit, with `+` where files differ from it. */
  readonly commit: string;
  readonly date: string;
}

export function describeMachine(): Machine {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    commit: (git("rev-parse", "--short", "HEAD") || "unknown") + (git("status", "--porcelain") === "" ? "" : "+"),
    date: new Date().toISOString(),
  };
}

/** What git prints; empty where it fails. */
export function git(...args: string[]): string {
  const { stdout, failed } = execaSync("git", args, { cwd: ROOT, reject: false });
  return failed ? "" : stdout;
}
