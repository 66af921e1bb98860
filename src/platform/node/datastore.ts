import type { Config } from "../../config.ts";
import type { Store } from "../../domain/store.ts";
import type { SaltStore } from "../../domain/visitors/salts.ts";
import type { Log } from "../../http/log.ts";
import { mergeLookups } from "../../stores/datastore/merge-lookups.ts";
import { type DatastoreSettings, EMULATOR_PROJECT, openDatastore, openRestTransport, saltDatabase } from "../../stores/datastore/open.ts";
import type { Transport } from "../../stores/datastore/transport.ts";
import { createAdaptiveTransport } from "./adaptive-transport.ts";
import type * as google from "./google.ts";
import { createGrpcTransport } from "./grpc-transport.ts";
import { createHttpFetch } from "./http-fetch.ts";
import { load } from "./load.ts";
import { metadataIdentity } from "./metadata.ts";

/** How long the first call over a new gRPC channel may take. */
const WARM_UP_MS = 5_000;
const METADATA_HOST = "metadata.google.internal";

/**
 * Opens Datastore on Node. Which transport depends on where the credentials are:
 *
 * - a service account's key in the settings: REST
 * - the emulator, or Cloud Run's metadata server: REST, and gRPC once the instance is busy, as Google's client takes a quarter of a
 *   second to load
 * - elsewhere: gRPC, as Google's client finds every kind of Google credentials
 */
export function openDatastoreOnNode(config: Config, log: Log, env = process.env): Store & SaltStore {
  const { datastore, shards, visitors } = config;
  const { emulator, serviceAccount } = datastore;
  const project = datastore.project ?? (emulator ? EMULATOR_PROJECT : undefined);
  const onCloudRun = env["K_SERVICE"] !== undefined;

  let client: typeof google | undefined;

  async function loadGrpc({ databaseId }: DatastoreSettings): Promise<Transport> {
    client ??= load<typeof google>("google");
    await nextTurn();
    return createGrpcTransport({ google: client, emulator, project, databaseId });
  }

  async function loadWarmGrpc(): Promise<Transport> {
    const transport = await loadGrpc(datastore);
    await nextTurn();
    await warmUp(transport);
    return transport;
  }

  const fetch = createHttpFetch();
  const host = env["GCE_METADATA_HOST"] ?? METADATA_HOST;
  const machine = serviceAccount || emulator ? undefined : metadataIdentity({ host, project, now: Date.now, fetch });
  const isRest = serviceAccount || emulator || onCloudRun;
  /** For few calls: over REST where that is possible, as it loads nothing. */
  const openFor = (settings: DatastoreSettings): Transport =>
    isRest ? openRestTransport(settings, { fetch, now: Date.now }, machine) : lazy(() => loadGrpc(settings));

  function openTransport(): Transport {
    const rest = openFor(datastore);
    if (!isRest) void tellWhetherReachable(rest, log);
    if (serviceAccount || !isRest) return rest;
    return createAdaptiveTransport({
      first: rest,
      load: loadWarmGrpc,
      onLoaded(error) {
        if (error) log({ severity: "WARNING", message: `Datastore stays on REST, as gRPC could not be loaded: ${String(error)}` });
      },
      now: Date.now,
    });
  }

  const salts = visitors === "daily" ? openFor(saltDatabase(datastore)) : null;
  return openDatastore(mergeLookups(openTransport(), Date.now), datastore, shards, salts);
}

/** Says once, in a line, where there are no credentials: the health check says nothing of why. */
async function tellWhetherReachable(transport: Transport, log: Log): Promise<void> {
  try {
    await warmUp(transport);
  } catch (error) {
    const allowed = "Google's credentials of any kind, GOOGLE_SERVICE_ACCOUNT_KEY, or DATASTORE_EMULATOR_HOST";
    log({ severity: "ERROR", message: `STORE is datastore, which cannot be reached (${String(error)}); it needs ${allowed}.` });
  }
}

async function warmUp(transport: Transport): Promise<void> {
  await transport.call("lookup", { keys: [{ path: [{ kind: "batch", name: "warm-up" }] }] }, WARM_UP_MS);
}

/** Lets pending requests run between two steps that hold the thread. */
function nextTurn(): Promise<void> {
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
