import { join } from "node:path";
import { DIST } from "./root.ts";

/** Where the fault suites leave what they found, a JSON object a line, for `npm run faults` to show. */
export const FINDINGS_FILE = join(DIST, "faults", "findings.jsonl");

/** What came of a scenario. */
export interface Finding {
  readonly scenario: string;
  /** Requests, or visits, that were sent; those that were answered as counted; and what the store has in the end. */
  readonly sent: number;
  readonly answered: number;
  readonly counted: number;
  /** What must hold, in words. */
  readonly goal: string;
  readonly holds: boolean;
  /** More figures, in words. */
  readonly figures?: string;
}
