import type { Problem } from "./problem.ts";

/** Answers where there is no exchange: a request that nobody can read, or a service that is not set up. */
export function answerBare(problem: Problem, requestId: string): Response {
  const headers = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "X-Request-Id": requestId,
  };
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}
