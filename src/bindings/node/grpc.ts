import { DatastoreClient } from "@google-cloud/datastore/build/src/v1/index.js";
import { googleAuthLibrary, grpc } from "google-gax";
import { type Method, type Responses, STATUS_NAMES, Timestamp, type Transport, TransportError } from "../../stores/datastore/transport.ts";

/** A lost connection is made anew after this long, and not after gRPC's default of a second. */
const CHANNEL = { "grpc.initial_reconnect_backoff_ms": 20, "grpc.max_reconnect_backoff_ms": 500 };

/** What is used of the client's methods: each resolves to an array whose first element is the response. */
type Call = (request: object, options: { timeout: number; maxRetries: number }) => Promise<[object, ...unknown[]]>;

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
      ...(host && {
        servicePath: host,
        port: Number(port ?? 443),
        sslCreds: grpc.credentials.createInsecure(),
        // The emulator checks no credentials; without some, the client would look for a metadata server.
        authClient: new googleAuthLibrary.PassThroughClient(),
      }),
    });
  }

  return {
    async call(method, request, timeoutMs) {
      const used = client;
      try {
        const projectId = project ?? (await used.getProjectId());
        const call = used[method].bind(used) as unknown as Call;
        const [response] = await call({ projectId, databaseId, ...toProto(method, request) }, { timeout: timeoutMs, maxRetries: 0 });
        return fromProto(response) as Responses[typeof method];
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
    close: () => client.close(),
  };
}

/** In protocol buffers a query's limit is a wrapped integer. */
function toProto(method: Method, request: object): object {
  if (method !== "runQuery" || !("query" in request)) return request;
  const query = request.query as { limit: number };
  return { ...request, query: { ...query, limit: { value: query.limit } } };
}

/** What is used of the answers and has another form than in JSON: bytes, and times. */
interface Proto {
  transaction?: Uint8Array;
  commitTime?: ProtoTime | null;
  found?: { createTime?: ProtoTime | null }[];
  batch?: { endCursor?: Uint8Array };
}

interface ProtoTime {
  seconds?: number | string | null;
  nanos?: number | null;
}

function fromProto(response: Proto): object {
  const { transaction, commitTime, found, batch } = response;
  return {
    ...response,
    ...(transaction && { transaction: base64(transaction) }),
    ...(commitTime && { commitTime: time(commitTime) }),
    ...(found && { found: found.map((result) => ({ ...result, ...(result.createTime && { createTime: time(result.createTime) }) })) }),
    ...(batch?.endCursor && { batch: { ...batch, endCursor: base64(batch.endCursor) } }),
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const time = ({ seconds, nanos }: ProtoTime): Timestamp => new Timestamp(Number(seconds), nanos ?? 0);
