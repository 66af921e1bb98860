import { inTime, timeLeft } from "../../domain/in-time.ts";
import { type Responses, STATUS_NAMES, type Transport, TransportError } from "../../stores/datastore/transport.ts";
import type * as google from "./google.ts";
import { type Answer, fromProto, toProto } from "./grpc-messages.ts";

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
