import type { Store } from "../../domain/store.ts";
import type { SaltStore } from "../../domain/visitors/salts.ts";
import { emulatorIdentity, type Identity, type ServiceAccountKey, serviceAccountIdentity } from "./identity.ts";
import { createRestTransport } from "./rest.ts";
import type { Shards } from "./sharding.ts";
import { createDatastoreStore } from "./store.ts";
import type { Fetch, Transport } from "./transport.ts";

/** Which database, and which credentials. */
export interface DatastoreSettings {
  /** `undefined`: the project of the credentials. */
  readonly project: string | undefined;
  /** Empty: the default database. */
  readonly databaseId: string;
  /** Empty: the default namespace. */
  readonly namespaceId: string;
  /** The emulator's `host:port`; `undefined` for Google's service. */
  readonly emulator: string | undefined;
  /** A service account's key; `undefined` for the machine's own identity. */
  readonly serviceAccount: ServiceAccountKey | undefined;
}

/** The project at the emulator by default; the emulator accepts any. */
export const EMULATOR_PROJECT = "footfall";

/**
 * A REST transport with the first that applies: the emulator, the service account's key, the machine's identity. Throws `TypeError`
 * where none does.
 *
 * @param machine the identity of the machine, where it has one
 */
export function openRestTransport(settings: DatastoreSettings, deps: { fetch: Fetch; now: () => number }, machine?: Identity): Transport {
  const { databaseId, emulator, serviceAccount: key, project } = settings;
  const own = key ? serviceAccountIdentity({ key, project, now: deps.now }) : machine;
  const identity = emulator ? emulatorIdentity(project ?? EMULATOR_PROJECT) : own;
  if (!identity) throw new TypeError("Datastore needs the emulator, a service account's key or the machine's identity");
  const origin = emulator ? `http://${emulator}` : "https://datastore.googleapis.com";
  return createRestTransport({ origin, databaseId, identity, fetch: deps.fetch });
}

/** The database of the salts: it has no backups, which would keep what must be forgotten. The deployment makes it. */
export function saltDatabase(settings: DatastoreSettings): DatastoreSettings {
  return { ...settings, databaseId: `${settings.databaseId || "default"}-salts` };
}

/**
 * Opens the store over a transport, with the platform's clock and randomness.
 *
 * @param saltTransport to {@link saltDatabase}; `null`: visitors are not estimated
 */
export function openDatastore(
  transport: Transport,
  { namespaceId: namespace, emulator }: Pick<DatastoreSettings, "namespaceId" | "emulator">,
  shards: Shards,
  saltTransport: Transport | null = null,
): Store & SaltStore {
  const readIn = emulator ? "readWrite" : "readOnly";
  return createDatastoreStore({ transport, namespace, readIn, shards, saltTransport, now: Date.now, random: Math.random });
}
