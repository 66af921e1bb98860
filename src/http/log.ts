/** One log line, in the field names that Cloud Logging knows: https://cloud.google.com/logging/docs/structured-logging */
export interface LogEntry {
  readonly severity: "INFO" | "WARNING" | "ERROR";
  readonly message: string;
  readonly [field: string]: unknown;
}

/** Takes a log line. */
export type Log = (entry: LogEntry) => void;

/** One line of JSON on the standard output. */
export const logToConsole: Log = (entry) => console.log(JSON.stringify(entry));

/** Says once at the start what it means that every site may count. */
export function warnOfAnySite(log: Log, { sites }: { readonly sites: "*" | readonly string[] }): void {
  if (sites === "*") log({ severity: "INFO", message: "SITES is *: whoever knows the address may count for any site. Name yours." });
}

/** Logs the sums of a meter in one line. */
export function summarize(log: Log): (sums: object) => void {
  return (sums) => log({ severity: "INFO", message: "summary", ...sums });
}

/** A bug with its stack; an outage in one line with its causes. */
export function explain(error: unknown, status: number): string {
  if (!(error instanceof Error)) return String(error);
  const text = status === 500 ? (error.stack ?? String(error)) : String(error);
  return error.cause === undefined ? text : `${text}; because of ${explain(error.cause, status)}`;
}
