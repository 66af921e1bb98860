import type { ErrorHandler } from "hono";
import { InvalidInput } from "../domain/invalid.ts";
import type { Meter } from "../domain/meter.ts";
import { StoreError } from "../domain/store.ts";
import { type BodyRules, discardBody } from "./body.ts";
import type { Env } from "./env.ts";
import { PROBLEM_TYPE, Problem } from "./problem.ts";

/** Clients that failed together must not come back together: they are told 1 to this many seconds. */
const MAX_RETRY_AFTER_S = 5;

/** Turns whatever was thrown into an answer: the only place that does. A refusal is for every origin to read, so that its script can stop. */
export function handleError({ meter, http1 }: { meter: Meter } & BodyRules): ErrorHandler<Env> {
  return async (error, c) => {
    const problem = toProblem(error);
    // Node does it by itself.
    if (!http1) await discardBody(c.req.raw);
    meter.add(problem.code);
    if (c.get("foreignOrigin")) c.header("Access-Control-Allow-Origin", "*");
    if (problem.status === 503) c.header("Retry-After", retryAfter(c.get("requestId")));
    return c.body(JSON.stringify(problem), problem.status, {
      "Content-Type": PROBLEM_TYPE,
      "Cache-Control": "no-store",
      ...problem.headers,
    });
  };
}

function toProblem(error: Error): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof InvalidInput) return new Problem("invalid-input", error.message);
  if (error instanceof StoreError && error.retryable) {
    return new Problem("unavailable", "The store did not answer in time; sending the same id again is safe.");
  }
  return new Problem("internal", "The reason is in the service's log, under this answer's X-Request-Id.");
}

/** Seconds, spread by the request's id, which is random enough. */
function retryAfter(requestId: string): string {
  return String(1 + (requestId.charCodeAt(requestId.length - 1) % MAX_RETRY_AFTER_S));
}
