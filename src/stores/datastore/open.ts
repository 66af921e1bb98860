import type { Store } from "../../domain/store.ts";
import { emulatorIdentity, type Identity, type ServiceAccountKey, serviceAccountIdentity } from "./identity.ts";
import { createRestTransport } from "./rest.ts";
import { createDatastoreStore } from "./store.ts";
import type { Fetch, Transport } from "./transport.ts";

/** Where Datastore is, and as whom it is asked. */
export interface DatastoreSettings {
  readonly project: string | undefined;
  /** Empty: the default database. */
  readonly databaseId: string;
  /** Empty: the default namespace. */
  readonly namespaceId: string;
  /** `host:port`. */
  readonly emulator: string | undefined;
  readonly serviceAccount: ServiceAccountKey | undefined;
}

/** The project that an emulator is asked for where none is set; it takes any. */
export const EMULATOR_PROJECT = "footfall";

/**
 * Opens Datastore over REST: at the emulator, as the service account whose key is given, or as whoever `machine` is.
 *
 * @param machine the identity of the machine, where it has one
 */
export function openRestTransport(settings: DatastoreSettings, deps: { fetch: Fetch; now: () => number }, machine?: Identity): Transport {
  const { databaseId, emulator, serviceAccount: key, project } = settings;
  const own = key ? serviceAccountIdentity({ key, project, now: deps.now }) : machine;
  const identity = emulator ? emulatorIdentity(project ?? EMULATOR_PROJECT) : own;
  if (!identity) throw new TypeError("no identity");
  return createRestTransport({ origin: originOf(settings), databaseId, identity, fetch: deps.fetch });
}

/** Where REST is spoken. */
export function originOf({ emulator }: Pick<DatastoreSettings, "emulator">): string {
  return emulator ? `http://${emulator}` : "https://datastore.googleapis.com";
}

/** Opens the store over a transport. */
export function openDatastore(
  transport: Transport,
  { namespaceId: namespace, emulator }: Pick<DatastoreSettings, "namespaceId" | "emulator">,
  shards: number,
): Store {
  const readIn = emulator ? "readWrite" : "readOnly";
  return createDatastoreStore({ transport, namespace, readIn, shards, now: Date.now, random: Math.random });
}
