import type { Context, MiddlewareHandler } from "hono";
import type { Meter } from "../domain/meter.ts";
import type { Env } from "./env.ts";
import { explain, type Log, type LogEntry } from "./log.ts";
import { traceOf } from "./trace.ts";

/** From here on a request is slow enough to be logged. */
const SLOW_MS = 1_000;

/**
 * Logs requests that failed or were slow, or every one.
 *
 * @param options.all logs every request
 * @param options.project Google's project, by which a log line finds its trace
 */
export function requestLog(options: {
  log: Log;
  meter: Meter;
  now: () => number;
  all: boolean;
  project: string | null;
}): MiddlewareHandler<Env> {
  const { log, meter, now, all, project } = options;
  return async function requestLog(c, next) {
    const startedAt = now();
    await next();
    const latencyMs = now() - startedAt;
    meter.add("requests");
    if (all || c.res.status >= 500 || latencyMs > SLOW_MS) log(describe(c, latencyMs, project));
  };
}

/** A request's line. It has neither address, query nor User-Agent. */
function describe(c: Context<Env>, latencyMs: number, project: string | null): LogEntry {
  const { method, path, raw } = c.req;
  const { status } = c.res;
  const trace = traceOf(raw.headers);
  const failed = status >= 500;
  return {
    severity: status === 500 ? "ERROR" : failed || latencyMs > SLOW_MS ? "WARNING" : "INFO",
    message: failed && c.error ? explain(c.error, status) : `${method} ${path} ${status}`,
    httpRequest: { requestMethod: method, requestUrl: path, status, latency: `${(latencyMs / 1_000).toFixed(3)}s` },
    requestId: c.get("requestId"),
    ...(project && trace && { "logging.googleapis.com/trace": `projects/${project}/traces/${trace}` }),
  };
}
