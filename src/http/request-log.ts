import type { MiddlewareHandler } from "hono";
import type { Meter } from "../domain/meter.ts";
import type { Env } from "./env.ts";
import { describeRequest, type Log, SLOW_MS } from "./log.ts";
import { traceOf } from "./trace.ts";

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
    const { status } = c.res;
    const latencyMs = now() - startedAt;
    meter.add("requests");
    if (status < 500 && latencyMs <= SLOW_MS && !all) return;
    const { method, path, raw } = c.req;
    const trace = traceOf(raw.headers);
    log(describeRequest({ method, path, status, latencyMs, requestId: c.get("requestId"), trace, error: c.error }, project));
  };
}
