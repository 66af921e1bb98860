import { InvalidInput, quote } from "../domain/invalid.ts";
import { StoreError } from "../domain/store.ts";
import { isAsset } from "./assets.ts";
import { discardBody, readJson } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import type { Handler } from "./handlers.ts";
import { authorize } from "./key.ts";
import { describe, SLOW_MS } from "./log.ts";
import { type Body, OPERATIONS, type Operation, type OperationId, type Operations, operationsAt } from "./operations.ts";
import { Problem } from "./problem.ts";
import { parseQuery } from "./query.ts";
import { check } from "./schema.ts";
import { traceOf } from "./trace.ts";

/** The longest URL, origin and query included, in bytes: a list of 100 pages fits, and so do Node's and Cloudflare's own limits. */
const MAX_URL_BYTES = 16 * 1_024;
/** What a preflight allows to send along. */
const ALLOWED_HEADERS = "Content-Type, Idempotency-Key, X-API-Key";
/** How long a browser may keep a preflight's answer. */
const PREFLIGHT_MAX_AGE_S = 86_400;
/** Clients that failed together must not come back together: they are told 1 to this many seconds. */
const MAX_RETRY_AFTER_S = 5;

/** Runs an operation: the key, the query and the body are checked, then its handler answers. A visit that waits holds what is awaited here. */
export async function serve<K extends OperationId>(exchange: Exchange, id: K, handle: Handler<K>): Promise<Response> {
  const { key, body }: Operation = OPERATIONS[id];
  try {
    checkUrl(exchange);
    if (key) await authorize(exchange, key);
    const query = parseQuery<Operations[K]["query"]>(OPERATIONS[id].query, exchange.request.url);
    const input = body?.type === "json" ? check(body.schema, await readJson(exchange)) : undefined;
    return report(exchange, await handle(exchange, query, input as Body<K>));
  } catch (error) {
    return fail(exchange, error);
  }
}

/** Answers with what `work` comes to: its response, or the problem that it throws. Either is logged where it must be. */
export async function attempt(exchange: Exchange, work: () => Promise<Response>): Promise<Response> {
  try {
    checkUrl(exchange);
    return report(exchange, await work());
  } catch (error) {
    return fail(exchange, error);
  }
}

function checkUrl({ request }: Exchange): void {
  if (request.url.length <= MAX_URL_BYTES) return;
  throw new Problem("uri-too-long", `The URL is too long; allowed are at most ${MAX_URL_BYTES} bytes.`);
}

/** Answers what no operation does: preflights, other methods, unknown paths. */
export function answerUnmatched(exchange: Exchange): Promise<Response> {
  return attempt(exchange, async () => {
    const { path, method } = exchange.context.req;
    const methods = isAsset(path) ? ["GET"] : operationsAt(path).map((operation) => operation.method);
    if (methods.length === 0) throw new Problem("not-found", `The path is ${quote(path)}; /openapi.json lists all.`);
    const allow = `${methods.join(", ").replace("GET", "GET, HEAD")}, OPTIONS`;
    if (method !== "OPTIONS") {
      throw new Problem("method-not-allowed", `The method is ${quote(method)}; allowed are ${allow}.`, { Allow: allow });
    }
    return exchange.reply(204, null, {
      Allow: allow,
      "Access-Control-Allow-Methods": allow,
      "Access-Control-Allow-Headers": ALLOWED_HEADERS,
      "Access-Control-Max-Age": String(PREFLIGHT_MAX_AGE_S),
      "Cache-Control": "no-store",
    });
  });
}

/** The one place where whatever was thrown becomes an answer. */
async function fail(exchange: Exchange, error: unknown): Promise<Response> {
  const connection = await discardBody(exchange.request);
  const problem = asProblem(error);
  exchange.shared.meter?.add(problem.code);
  const headers: Record<string, string> = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    ...connection,
    ...problem.headers,
  };
  if (problem.status === 503) headers["Retry-After"] = retryAfter(exchange.requestId);
  return report(exchange, exchange.reply(problem.status, JSON.stringify(problem), headers), error);
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof InvalidInput) return new Problem("invalid-input", error.message);
  if (error instanceof StoreError && error.retryable) {
    return new Problem("unavailable", "The store did not answer in time; sending the same id again is safe.");
  }
  return new Problem("internal", "The reason is in the service's log, under this answer's X-Request-Id.");
}

/** Spread by the request's id, which is as good as chance. */
function retryAfter(requestId: string): string {
  return String(1 + (requestId.charCodeAt(requestId.length - 1) % MAX_RETRY_AFTER_S));
}

/** Logs a request that failed or was slow, or every one. */
function report({ shared, context, request, requestId, startedAt }: Exchange, response: Response, error?: unknown): Response {
  const { status } = response;
  const latencyMs = shared.now() - startedAt;
  shared.meter?.add("requests");
  if (status >= 500 || latencyMs > SLOW_MS || shared.config.log === "all") {
    const { path, method } = context.req;
    const trace = traceOf(request.headers);
    shared.log(describe({ method, path, status, latencyMs, requestId, trace, error }, shared.config.project));
  }
  return response;
}
