import { DatastoreClient } from "@google-cloud/datastore/build/src/v1/index.js";
import { grpc } from "google-gax";
import { type Method, STATUS_NAMES, type Transport, TransportError } from "../../stores/datastore/transport.ts";

/** A lost connection is made anew after this long, and not after gRPC's default of a second. */
const CHANNEL = { "grpc.initial_reconnect_backoff_ms": 20, "grpc.max_reconnect_backoff_ms": 500 };

/** What is used of the client's answers: each method resolves to an array whose first element is the response. */
type Call = (request: object, options: { timeout: number; maxRetries: number }) => Promise<[unknown, ...unknown[]]>;

/**
 * Datastore over gRPC, through Google's own `v1.DatastoreClient`.
 *
 * @param options.emulator the emulator's `host:port`; without it Google's service, with Google's usual credentials
 * @param options.databaseId the named database; empty for the default one
 */
export function createGrpcTransport(options: { emulator: string | undefined; project: string | undefined; databaseId: string }): Transport {
  const { emulator, project, databaseId } = options;
  let client = open();

  function open(): DatastoreClient {
    const [host, port] = emulator?.split(/:(?=\d+$)/) ?? [];
    return new DatastoreClient({
      ...CHANNEL,
      ...(project && { projectId: project }),
      ...(host && { servicePath: host, port: Number(port ?? 443), sslCreds: grpc.credentials.createInsecure() }),
    });
  }

  return {
    async call(method, request, timeoutMs) {
      const used = client;
      try {
        const projectId = project ?? (await used.getProjectId());
        const call = used[method].bind(used) as unknown as Call;
        const [response] = await call({ projectId, databaseId, ...adapt(method, request) }, { timeout: timeoutMs, maxRetries: 0 });
        return response as never;
      } catch (error) {
        const { code, message } = error as { code?: number; message?: string };
        const status = STATUS_NAMES[code ?? 2] ?? "UNKNOWN";
        // The connection may be half open, and would hang the next attempt as well.
        if (status === "DEADLINE_EXCEEDED" && used === client) {
          client = open();
          void used.close().catch(() => {});
        }
        throw new TransportError(status, `${method}: ${message ?? "no message"}`, error);
      }
    },
    timestamp: (time) => ({ seconds: Math.floor(time / 1_000), nanos: (time % 1_000) * 1_000_000 }),
    close: () => client.close(),
  };
}

/** The one place where the JSON form and the protocol buffers differ: a query's limit is a wrapped integer. */
function adapt(method: Method, request: object): object {
  if (method !== "runQuery" || !("query" in request)) return request;
  const query = request.query as { limit: number };
  return { ...request, query: { ...query, limit: { value: query.limit } } };
}
