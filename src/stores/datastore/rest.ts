import type { Identity } from "./identity.ts";
import { type Fetch, type Status, type Transport, TransportError } from "./transport.ts";

/**
 * Datastore's JSON form over `fetch`: runs anywhere, and needs nothing loaded.
 *
 * @param options.origin `https://datastore.googleapis.com`, or the emulator's
 * @param options.databaseId the named database; empty for the default one
 */
export function createRestTransport(options: { origin: string; databaseId: string; identity: Identity; fetch: Fetch }): Transport {
  const { origin, databaseId, identity } = options;
  // Taken apart from its object: workerd's fetch refuses another `this`.
  const send = options.fetch;

  async function post(method: string, request: object, timeoutMs: number): Promise<unknown> {
    const end = Date.now() + timeoutMs;
    const [project, token] = await Promise.all([identity.project(timeoutMs), identity.token(timeoutMs)]);
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (token !== null) headers["Authorization"] = `Bearer ${token}`;
    if (databaseId) headers["X-Goog-Request-Params"] = `project_id=${project}&database_id=${databaseId}`;
    const left = end - Date.now();
    const response = await send(`${origin}/v1/projects/${encodeURIComponent(project)}:${method}`, {
      method: "POST",
      headers,
      body: JSON.stringify(databaseId ? { databaseId, ...request } : request),
      timeoutMs: left,
      // Made for a platform's own `fetch` alone: Node takes 0.3 ms of a start to get ready for the first one.
      get signal() {
        return AbortSignal.timeout(left);
      },
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

/** Google's `{"error":{"status","message"}}`; anything else comes from something in between, and its outcome is unknown. */
function toError(httpStatus: number, text: string): TransportError {
  const [, status = "UNKNOWN"] = /"status"\s*:\s*"([A-Z_]+)"/.exec(text) ?? [];
  return new TransportError(status as Status, `HTTP ${httpStatus}: ${text.slice(0, 300)}`);
}
