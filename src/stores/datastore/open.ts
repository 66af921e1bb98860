import { emulatorIdentity, type Identity, metadataIdentity, type ServiceAccountKey, serviceAccountIdentity } from "./identity.ts";
import { createRestTransport } from "./rest.ts";
import type { Transport } from "./transport.ts";

/** Where Datastore is, and as whom it is asked. */
export interface DatastoreSettings {
  readonly project: string | undefined;
  /** Empty: the default database. */
  readonly databaseId: string;
  /** `host:port`. */
  readonly emulator: string | undefined;
  readonly serviceAccount: ServiceAccountKey | undefined;
  /** Google's metadata server, `host` or `host:port`. */
  readonly metadataHost: string;
}

/** The project that an emulator is asked for where none is set; it takes any. */
export const EMULATOR_PROJECT = "footfall";

/** A container that starts asks for its token at once, so that its first visit does not wait for it. */
const EARLY_TOKEN_MS = 5_000;

/** Opens Datastore over REST, as the service account whose key is given, else as the machine's own, or at the emulator. */
export function openRestTransport(settings: DatastoreSettings, deps: { fetch: typeof fetch; now: () => number }): Transport {
  const { databaseId, emulator, serviceAccount } = settings;
  const identity = identify(settings, deps);
  const signal = AbortSignal.timeout(EARLY_TOKEN_MS);
  // Where this fails, the first visit asks again, and is told why.
  if (!serviceAccount) Promise.all([identity.project(signal), identity.token(signal)]).catch(() => {});
  const origin = emulator ? `http://${emulator}` : "https://datastore.googleapis.com";
  return createRestTransport({ origin, databaseId, identity, fetch: deps.fetch });
}

function identify(settings: DatastoreSettings, deps: { fetch: typeof fetch; now: () => number }): Identity {
  const { emulator, serviceAccount: key, project } = settings;
  if (emulator) return emulatorIdentity(project ?? EMULATOR_PROJECT);
  if (key) return serviceAccountIdentity({ key, project, now: deps.now });
  return metadataIdentity({ host: settings.metadataHost, project, ...deps });
}
