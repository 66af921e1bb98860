import type { Log } from "../../api/log.ts";
import type { Config } from "../../config.ts";
import type { Store } from "../../domain/store.ts";
import { EMULATOR_PROJECT, openDatastore, openRestTransport, originOf } from "../../stores/datastore/open.ts";
import type { Transport } from "../../stores/datastore/transport.ts";
import { createAdaptiveTransport } from "./adaptive-transport.ts";
import type * as google from "./google.ts";
import { createGrpcTransport } from "./grpc.ts";
import { createHttpClient } from "./http-client.ts";
import { load } from "./load.ts";
import { mergeLookups } from "./merge-lookups.ts";
import { metadataIdentity } from "./metadata.ts";

/** How long the first call over a new channel may take. */
const WARM_UP_MS = 5_000;
const METADATA_HOST = "metadata.google.internal";
/** Node's modules that Google's client loads, the slow ones. */
const GOOGLE_USES = ["crypto", "tls", "http2", "child_process"];

/**
 * Datastore on Node. On Cloud Run and at the emulator: REST from the first visit on, and Google's gRPC client, which takes a quarter
 * of a second to load, once the instance is busy. Elsewhere the gRPC client alone, as it finds every kind of Google credentials; with
 * a service account's key in the settings, REST alone.
 */
export function openDatastoreOnNode(config: Config, log: Log, env = process.env): Store {
  const { datastore, shards } = config;
  const { databaseId, emulator } = datastore;
  const project = datastore.project ?? (emulator ? EMULATOR_PROJECT : undefined);

  let client: typeof google | undefined;

  async function loadGrpc(): Promise<Transport> {
    for (const name of GOOGLE_USES) {
      process.getBuiltinModule(name);
      await pause();
    }
    client ??= load<typeof google>("google");
    await pause();
    return createGrpcTransport({ google: client, emulator, project, databaseId });
  }

  async function loadWarm(): Promise<Transport> {
    const transport = await loadGrpc();
    await pause();
    await transport.call("lookup", { keys: [{ path: [{ kind: "batch", name: "warm-up" }] }] }, WARM_UP_MS);
    return transport;
  }

  function onLoaded(error: unknown): void {
    if (error) log({ severity: "WARNING", message: `Datastore over gRPC cannot be had, REST goes on: ${String(error)}` });
  }

  function openTransport(): Transport {
    const viaRest = emulator !== undefined || env["K_SERVICE"] !== undefined;
    if (!datastore.serviceAccount && !viaRest) return lazy(loadGrpc);
    const host = env["GCE_METADATA_HOST"] ?? METADATA_HOST;
    const { send, open } = createHttpClient();
    const machine =
      env["K_SERVICE"] && !emulator && !datastore.serviceAccount ? metadataIdentity({ host, project, now: Date.now, send }) : undefined;
    // While all else gets ready, and the token is on its way.
    open(originOf(datastore));
    const first = openRestTransport(datastore, { fetch: send, now: Date.now }, machine);
    return datastore.serviceAccount ? first : createAdaptiveTransport({ first, load: loadWarm, onLoaded, now: Date.now });
  }

  return openDatastore(mergeLookups(openTransport()), datastore, shards);
}

/** Serves what has come in meanwhile: what loads holds the thread, and is done in steps for that. */
function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A transport that is loaded with its first call. */
function lazy(load: () => Promise<Transport>): Transport {
  let loaded: Promise<Transport> | undefined;
  return {
    async call(...args) {
      loaded ??= load();
      return (await loaded).call(...args);
    },
    async close() {
      await (await loaded)?.close();
    },
  };
}
