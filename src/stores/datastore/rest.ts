import type { Identity } from "./identity.ts";
import { type Fetch, type Status, type Transport, TransportError } from "./transport.ts";

/**
 * Datastore's REST API over `fetch`: runs on every platform and loads nothing.
 *
 * @param options.origin `https://datastore.googleapis.com`, or the emulator's
 * @param options.databaseId empty for the default database
 */
export function createRestTransport(options: { origin: string; databaseId: string; identity: Identity; fetch: Fetch }): Transport {
  const { origin, databaseId, identity } = options;
  // Called without a receiver: workerd's `fetch` throws where `this` is another object.
  const send = options.fetch;

  async function post(method: string, request: object, timeoutMs: number): Promise<unknown> {
    const end = Date.now() + timeoutMs;
    const [project, token] = await Promise.all([identity.project(timeoutMs), identity.token(timeoutMs)]);
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (token !== null) headers["Authorization"] = `Bearer ${token}`;
    if (databaseId) headers["X-Goog-Request-Params"] = `project_id=${project}&database_id=${databaseId}`;
    const left = end - Date.now();
    if (left <= 0) throw new TransportError("DEADLINE_EXCEEDED", `${method}: the credentials took ${timeoutMs} ms or more`);
    const response = await send(`${origin}/v1/projects/${encodeURIComponent(project)}:${method}`, {
      method: "POST",
      headers,
      body: JSON.stringify(databaseId ? { databaseId, ...request } : request),
      timeoutMs: left,
      signal: AbortSignal.timeout(left),
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    if (response.status === 401) identity.forget();
    throw toError(response.status, text);
  }

  return {
    async call(method, request, timeoutMs) {
      try {
        return (await post(method, request, timeoutMs)) as never;
      } catch (error) {
        if (error instanceof TransportError) throw error;
        throw error instanceof Error && error.name === "TimeoutError"
          ? new TransportError("DEADLINE_EXCEEDED", `${method}: no answer within ${timeoutMs} ms`, error)
          : new TransportError("UNAVAILABLE", `${method}: the connection failed`, error);
      }
    },
    close: async () => {},
  };
}

/** Google answers `{"error":{"status","message"}}`; anything else comes from a proxy, and the outcome is unknown. */
function toError(httpStatus: number, text: string): TransportError {
  const [, status = "UNKNOWN"] = /"status"\s*:\s*"([A-Z_]+)"/.exec(text) ?? [];
  return new TransportError(status as Status, `HTTP ${httpStatus}: ${text.slice(0, 300)}`);
}
