import { explain, type Log } from "../../http/log.ts";

/** Different warnings that are remembered, so that each is told once. */
const MAX_WARNINGS = 100;

/**
 * Makes lines of the log of all that Node and libraries say by themselves: warnings (each once), what they write to the console, and the
 * error that ends the process.
 */
export function logDiagnostics(log: Log): void {
  const told = new Set<string>();
  // Node's own listener prints text.
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => {
    const text = `${name}: ${message}`;
    if (told.has(text) || told.size === MAX_WARNINGS) return;
    told.add(text);
    log({ severity: "WARNING", message: text });
  });
  process.on("uncaughtException", (error) => {
    log({ severity: "ERROR", message: explain(error, 500) });
    process.exit(1);
  });
  const say =
    (severity: "INFO" | "WARNING" | "ERROR") =>
    (...words: readonly unknown[]): void => {
      log({ severity, message: words.map((word) => (word instanceof Error ? explain(word, 500) : String(word))).join(" ") });
    };
  console.info = say("INFO");
  console.debug = console.info;
  console.warn = say("WARNING");
  console.error = say("ERROR");
}
