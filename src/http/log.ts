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

/** From here on a request is slow enough to be logged. */
export const SLOW_MS = 1_000;

/** A request and its answer. */
interface Served {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly latencyMs: number;
  readonly requestId: string;
  readonly trace: string | null;
  /** What was thrown. */
  readonly error: unknown;
}

/** A request's line. It has neither address, query nor User-Agent. */
export function describeRequest(served: Served, project: string | null): LogEntry {
  const { method, path, status, latencyMs, requestId, trace, error } = served;
  const failed = status >= 500;
  return {
    severity: status === 500 ? "ERROR" : failed || latencyMs > SLOW_MS ? "WARNING" : "INFO",
    message: failed && error ? explain(error, status) : `${method} ${path} ${status}`,
    httpRequest: { requestMethod: method, requestUrl: path, status, latency: `${(latencyMs / 1_000).toFixed(3)}s` },
    requestId,
    ...(project && trace && { "logging.googleapis.com/trace": `projects/${project}/traces/${trace}` }),
  };
}

/** A bug with its stack; an outage in one line with its causes. */
export function explain(error: unknown, status: number): string {
  if (!(error instanceof Error)) return String(error);
  const text = status === 500 ? (error.stack ?? String(error)) : String(error);
  return error.cause === undefined ? text : `${text}; because of ${explain(error.cause, status)}`;
}
