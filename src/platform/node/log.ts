import { writeSync } from "node:fs";
import { type Log, logToConsole } from "../../api/log.ts";

const STANDARD_OUTPUT = 1;

/** One line of JSON on the standard output, written at once: `console.log` takes a while to get ready for its first line. */
export const logToOutput: Log = (entry) => {
  try {
    writeSync(STANDARD_OUTPUT, `${JSON.stringify(entry)}\n`);
  } catch {
    // Nobody reads it, or not as fast as it comes: the console copes with both.
    logToConsole(entry);
  }
};
