import {
  type Method,
  type Requests,
  type Responses,
  STATUS_NAMES,
  type Transport,
  TransportError,
} from "../../stores/datastore/transport.ts";
import type { CommitRequest } from "./commit-proto.ts";
import type * as google from "./google.ts";
import { fromTime, type ProtoTime, toTime } from "./proto-time.ts";

/** A lost connection is made anew after this long, and not after gRPC's default of a second. */
const CHANNEL = { "grpc.initial_reconnect_backoff_ms": 20, "grpc.max_reconnect_backoff_ms": 500 };

const COMMIT = "/google.datastore.v1.Datastore/Commit";

/** What is used of the client's methods: each resolves to an array whose first element is the response. */
type Call = (request: object, options: { timeout: number; maxRetries: number }) => Promise<[object, ...unknown[]]>;

/** A client, and whether it could not be made ready: without credentials, say. */
interface Opened {
  readonly client: google.DatastoreClient;
  readonly ready: Promise<void>;
  failed: boolean;
}

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
  const { DatastoreClient, decodeCommit, encodeCommit, googleAuthLibrary, grpc } = options.google;
  let current = open();

  function open(): Opened {
    const [host, port] = emulator?.split(/:(?=\d+$)/) ?? [];
    const client = new DatastoreClient({
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
    const opened: Opened = { client, ready: client.initialize().then(encodeCommits), failed: false };
    opened.ready.catch(() => {
      opened.failed = true;
    });
    return opened;
  }

  /** Another client for the next call: the connection may be half open, and would hang the next attempt as well. */
  function reopen({ client }: Opened): void {
    // Who it is may have been away for a moment: that is remembered, too.
    googleAuthLibrary.gcpMetadata.resetIsAvailableCache();
    current = open();
    void client.close().catch(() => {});
  }

  /** Has a client's stub encode and decode commits as src/platform/node/commit-proto.ts does. */
  function encodeCommits(stub: object): void {
    const call = (stub as google.grpc.Client).makeUnaryRequest<CommitRequest, object>;
    Object.assign(stub, { commit: call.bind(stub, COMMIT, encodeCommit, decodeCommit) });
  }

  return {
    async call(method, request, timeoutMs) {
      const used = current;
      const { client, ready } = used;
      try {
        await ready;
        const projectId = project ?? (await client.getProjectId());
        const call = client[method].bind(client) as unknown as Call;
        const [response] = await call({ projectId, databaseId, ...toProto(method, request) }, { timeout: timeoutMs, maxRetries: 0 });
        return fromProto(response) as Responses[typeof method];
      } catch (error) {
        const { code, message } = error as { code?: number; message?: string };
        const status = used.failed ? "UNAVAILABLE" : (STATUS_NAMES[code ?? 2] ?? "UNKNOWN");
        if ((used.failed || status === "DEADLINE_EXCEEDED") && used === current) reopen(used);
        throw new TransportError(status, `${method}: ${message ?? "no message"}`, error);
      }
    },
    close: () => current.client.close(),
  };
}

/** What has another form in protocol buffers than in JSON: a query's limit, which is a wrapped integer, and times. */
const TO_PROTO: { readonly [M in Method]?: (request: Requests[M]) => object } = {
  runQuery: (request) => ({ ...request, query: { ...request.query, limit: { value: request.query.limit } } }),
  lookup: ({ readOptions, ...rest }) => ({
    ...rest,
    readOptions: readOptions?.readTime ? { readTime: toTime(readOptions.readTime) } : readOptions,
  }),
};

function toProto<M extends Method>(method: M, request: Requests[M]): object {
  return TO_PROTO[method]?.(request) ?? request;
}

/** What is used of the answers and has another form than in JSON: bytes, and times. */
interface Proto {
  transaction?: Uint8Array;
  found?: { createTime?: ProtoTime | null }[];
  batch?: { endCursor?: Uint8Array };
}

function fromProto(response: Proto): object {
  const { transaction, found, batch } = response;
  return {
    ...response,
    ...(transaction && { transaction: base64(transaction) }),
    ...(found && { found: found.map((result) => ({ ...result, ...(result.createTime && { createTime: fromTime(result.createTime) }) })) }),
    ...(batch?.endCursor && { batch: { ...batch, endCursor: base64(batch.endCursor) } }),
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
