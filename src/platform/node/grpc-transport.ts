import { inTime, timeLeft } from "../../domain/in-time.ts";
import {
  type Method,
  type Mutation,
  type Properties,
  type Requests,
  type Responses,
  STATUS_NAMES,
  type Timestamp,
  type Transport,
  TransportError,
  type Value,
} from "../../stores/datastore/transport.ts";
import type * as google from "./google.ts";

/** Reconnect after 20 ms; gRPC's default is a second. */
const CHANNEL = { "grpc.initial_reconnect_backoff_ms": 20, "grpc.max_reconnect_backoff_ms": 500 };

/** How a method of the client is called: `retry: null` sends once. It resolves to an array that begins with the answer. */
type Send = (request: object, options: { timeout: number; retry: null }) => Promise<[Answer, ...unknown[]]>;

/**
 * Datastore over gRPC, through Google's own `v1.DatastoreClient`.
 *
 * @param options.google the client, loaded
 * @param options.emulator the emulator's `host:port`; without it Google's service, with Google's usual credentials
 * @param options.project asked of the credentials where it is not set
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
  let current = open();

  function open(): google.DatastoreClient {
    const [host, port] = emulator?.split(/:(?=\d+$)/) ?? [];
    return new DatastoreClient({
      ...CHANNEL,
      ...(project && { projectId: project }),
      ...(host && {
        servicePath: host,
        port: Number(port ?? 443),
        sslCreds: grpc.credentials.createInsecure(),
        // Without credentials, the client would look for a metadata server.
        authClient: new googleAuthLibrary.PassThroughClient(),
      }),
    });
  }

  /** Replaces a client, unless another call has done so. */
  function replace(client: google.DatastoreClient): void {
    if (client !== current) return;
    current = open();
    void close(client);
  }

  /** Waits for the credentials, and answers the project. A client whose credentials failed would fail for ever: it is replaced. */
  async function getReady(client: google.DatastoreClient): Promise<string> {
    try {
      await client.initialize();
      return project ?? (await client.getProjectId());
    } catch (error) {
      // Google's library also remembers that there was no metadata server.
      googleAuthLibrary.gcpMetadata.resetIsAvailableCache();
      replace(client);
      throw new TransportError("UNAVAILABLE", `Google's credentials: ${messageOf(error)}`, error);
    }
  }

  return {
    async call(method, request, timeoutMs) {
      const client = current;
      const left = timeLeft(Date.now() + timeoutMs, Date.now);
      const projectId = await inTime(getReady(client), timeoutMs, () => {
        throw new TransportError("DEADLINE_EXCEEDED", `${method}: no credentials within ${timeoutMs} ms`);
      });
      try {
        const send = client[method].bind(client) as unknown as Send;
        const [answer] = await send({ projectId, databaseId, ...toProto(method, request) }, { timeout: left(), retry: null });
        return fromProto(answer) as Responses[typeof method];
      } catch (error) {
        const status = STATUS_NAMES[(error as { code?: number }).code ?? 2] ?? "UNKNOWN";
        // The connection may be half open, and would hang the next call too.
        if (status === "DEADLINE_EXCEEDED") replace(client);
        throw new TransportError(status, `${method}: ${messageOf(error)}`, error);
      }
    },
    close: () => close(current),
  };
}

/** A client that never got ready has nothing to close, and says so by failing. */
async function close(client: google.DatastoreClient): Promise<void> {
  await client.close().catch(() => {});
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a request has in another form than JSON: times, and a query's limit. The client takes bytes and integers in either form. */
const TO_PROTO: { readonly [M in Method]?: (request: Requests[M]) => object } = {
  commit: (request) => ({ ...request, mutations: request.mutations.map(toMutation) }),
  lookup: ({ readOptions, ...rest }) => ({
    ...rest,
    readOptions: readOptions?.readTime ? { readTime: toTime(readOptions.readTime) } : readOptions,
  }),
  runQuery: (request) => ({ ...request, query: { ...request.query, limit: { value: request.query.limit } } }),
};

function toProto<M extends Method>(method: M, request: Requests[M]): object {
  return TO_PROTO[method]?.(request) ?? request;
}

function toMutation({ insert, upsert, ...rest }: Mutation): object {
  if (insert) return { ...rest, insert: { ...insert, properties: toProperties(insert.properties) } };
  if (upsert) return { ...rest, upsert: { ...upsert, properties: toProperties(upsert.properties) } };
  return rest;
}

function toProperties(properties: Properties = {}): Record<string, object> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, toValue(value)]));
}

function toValue(value: Value): object {
  const { timestampValue, entityValue, ...rest } = value;
  if (timestampValue !== undefined) return { ...rest, timestampValue: toTime(timestampValue) };
  if (entityValue) return { ...rest, entityValue: { properties: toProperties(entityValue.properties) } };
  return value;
}

/** A `google.protobuf.Timestamp`: seconds since 1970, and nanoseconds. */
interface ProtoTime {
  readonly seconds?: number | string | null;
  readonly nanos?: number | null;
}

function toTime(text: Timestamp): ProtoTime {
  const [, decimals = ""] = /\.(\d+)/.exec(text) ?? [];
  return { seconds: Math.floor(Date.parse(text) / 1_000), nanos: Number(decimals.padEnd(9, "0")) };
}

function fromTime({ seconds, nanos }: ProtoTime): Timestamp {
  return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)}.${String(nanos ?? 0).padStart(9, "0")}Z`;
}

/** What the store uses of an answer and has another form than in JSON: bytes and times. */
interface Answer {
  readonly transaction?: Uint8Array;
  readonly commitTime?: ProtoTime | null;
  readonly found?: readonly { readonly createTime?: ProtoTime | null }[];
  readonly batch?: { readonly endCursor?: Uint8Array };
}

function fromProto(answer: Answer): object {
  const { transaction, commitTime, found, batch } = answer;
  return {
    ...answer,
    ...(transaction && { transaction: base64(transaction) }),
    ...(commitTime && { commitTime: fromTime(commitTime) }),
    ...(found && { found: found.map((result) => ({ ...result, ...(result.createTime && { createTime: fromTime(result.createTime) }) })) }),
    ...(batch?.endCursor && { batch: { ...batch, endCursor: base64(batch.endCursor) } }),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
