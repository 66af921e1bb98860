import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { FINDINGS_FILE, type Finding } from "../../build/findings.ts";
import { FULL } from "./size.ts";

const PROGRESS_MS = 5_000;
let told = 0;

/** Leaves a finding for the table at the end, at full length. It is told before it is asserted, so that a failure is in the table too. */
export function tell(finding: Finding): void {
  if (!FULL) return;
  mkdirSync(dirname(FINDINGS_FILE), { recursive: true });
  appendFileSync(FINDINGS_FILE, `${JSON.stringify(finding)}\n`);
}

/** Says now and then how far a scenario is, at full length. */
export function progress(scenario: string, done: number, total: number): void {
  const now = Date.now();
  if (!FULL || now - told < PROGRESS_MS) return;
  told = now;
  process.stderr.write(`${scenario}: ${done.toLocaleString("en-US")} of ${total.toLocaleString("en-US")}\n`);
}
