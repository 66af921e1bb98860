import {
  type Entity,
  type Method,
  type Requests,
  type Responses,
  STATUS_NAMES,
  type Timestamp,
  type Transport,
  TransportError,
  type Value,
} from "../../stores/datastore/transport.ts";
import type * as google from "./google.ts";

/** A lost connection is made anew after this long, and not after gRPC's default of a second. */
const CHANNEL = { "grpc.initial_reconnect_backoff_ms": 20, "grpc.max_reconnect_backoff_ms": 500 };

/** What is used of the client's methods: each resolves to an array whose first element is the response. */
type Call = (request: object, options: { timeout: number; maxRetries: number }) => Promise<[object, ...unknown[]]>;

/**
 * Datastore over gRPC, through Google's own `v1.DatastoreClient`.
 *
 * @param options.google the client, loaded
 * @param options.emulator the emulator's `host:port`; without it Google's service, with Google's usual credentials
 * @param options.databaseId the named database; empty for the default one
 */
export function createGrpcTransport(options: {
  google: typeof google;
  emulator: string | undefined;
  project: string | undefined;
  databaseId: string;
}): Transport {
  const { emulator, project, databaseId } = options;
  const { DatastoreClient, googleAuthLibrary, grpc } = options.google;
  let client = open();

  function open(): google.DatastoreClient {
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

/** What has another form in protocol buffers than in JSON: a query's limit, which is a wrapped integer, and times. */
const TO_PROTO: { readonly [M in Method]?: (request: Requests[M]) => object } = {
  runQuery: (request) => ({ ...request, query: { ...request.query, limit: { value: request.query.limit } } }),
  lookup: ({ readOptions, ...rest }) => ({
    ...rest,
    readOptions: readOptions?.readTime ? { readTime: toTime(readOptions.readTime) } : readOptions,
  }),
  commit: ({ mutations, ...rest }) => {
    const times = new Map<Value, object>();
    return {
      ...rest,
      mutations: mutations.map((mutation) => (mutation.insert ? { insert: withTimes(mutation.insert, times) } : mutation)),
    };
  },
};

function toProto<M extends Method>(method: M, request: Requests[M]): object {
  return TO_PROTO[method]?.(request) ?? request;
}

/** @param times those converted before: the marks of a batch share theirs */
function withTimes({ key, properties = {} }: Entity, times: Map<Value, object>): object {
  const converted: Record<string, object> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (value.timestampValue && !times.has(value)) times.set(value, { ...value, timestampValue: toTime(value.timestampValue) });
    converted[name] = times.get(value) ?? value;
  }
  return { key, properties: converted };
}

/** What is used of the answers and has another form than in JSON: bytes, and times. */
interface Proto {
  transaction?: Uint8Array;
  commitTime?: ProtoTime | null;
  found?: { createTime?: ProtoTime | null }[];
  batch?: { endCursor?: Uint8Array };
}

/** Since 1970. */
interface ProtoTime {
  seconds?: number | string | null;
  nanos?: number | null;
}

function fromProto(response: Proto): object {
  const { transaction, commitTime, found, batch } = response;
  return {
    ...response,
    ...(transaction && { transaction: base64(transaction) }),
    ...(commitTime && { commitTime: fromTime(commitTime) }),
    ...(found && { found: found.map((result) => ({ ...result, ...(result.createTime && { createTime: fromTime(result.createTime) }) })) }),
    ...(batch?.endCursor && { batch: { ...batch, endCursor: base64(batch.endCursor) } }),
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

function toTime(text: Timestamp): ProtoTime {
  const [whole = "", fraction = ""] = text.replace("Z", "").split(".");
  return { seconds: Date.parse(`${whole}Z`) / 1_000, nanos: Number(fraction.padEnd(9, "0")) };
}

function fromTime({ seconds, nanos }: ProtoTime): Timestamp {
  return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)}.${String(nanos ?? 0).padStart(9, "0")}Z`;
}
