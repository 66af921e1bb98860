import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { FINDINGS_FILE, type Finding } from "../../build/findings.ts";
import { FULL } from "./size.ts";

const PROGRESS_MS = 5_000;
let shownAt = 0;

/** At full length, adds a finding to the table. Call it before the assertions, so that failures are in the table as well. */
export function report(finding: Finding): void {
  if (!FULL) return;
  mkdirSync(dirname(FINDINGS_FILE), { recursive: true });
  appendFileSync(FINDINGS_FILE, `${JSON.stringify(finding)}\n`);
}

/** At full length, prints the progress of a scenario every 5 s. */
export function progress(scenario: string, done: number, total: number): void {
  const now = Date.now();
  if (!FULL || now - shownAt < PROGRESS_MS) return;
  shownAt = now;
  process.stderr.write(`${scenario}: ${done.toLocaleString("en-US")} of ${total.toLocaleString("en-US")}\n`);
}
