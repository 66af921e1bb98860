import { TransportError } from "./transport.ts";

/** Whom the REST transport speaks for: a project, and a bearer token (`null` where none is needed). */
export interface Identity {
  project(signal: AbortSignal): Promise<string>;
  token(signal: AbortSignal): Promise<string | null>;
  /** Drops a token that was refused. */
  forget(): void;
}

/** The emulator asks for no token. */
export function emulatorIdentity(project: string): Identity {
  return { project: async () => project, token: async () => null, forget: () => {} };
}

/** A token is renewed this long before it ends; Google's own libraries do so 5 minutes before. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** The longest life that Google accepts for a self-signed token. */
const SELF_SIGNED_LIFETIME_S = 3_600;

/** Keeps a value until it ends, and asks once for it however many wait. */
function createCache<T>(now: () => number, fetchValue: (signal: AbortSignal) => Promise<{ value: T; endsAt: number }>) {
  let kept: { value: T; endsAt: number } | undefined;
  let pending: Promise<T> | undefined;
  return {
    get(signal: AbortSignal): Promise<T> {
      if (kept && kept.endsAt - RENEW_BEFORE_MS > now()) return Promise.resolve(kept.value);
      pending ??= fetchValue(signal)
        .then((fetched) => {
          kept = fetched;
          return fetched.value;
        })
        .finally(() => {
          pending = undefined;
        });
      return pending;
    },
    forget(): void {
      kept = undefined;
    },
  };
}

/**
 * The service account of the machine, from Google's metadata server.
 * https://cloud.google.com/compute/docs/metadata/querying-metadata
 *
 * @param options.host `metadata.google.internal`, or what `GCE_METADATA_HOST` says
 * @param options.project where it is known; else the metadata server is asked
 */
export function metadataIdentity(options: { host: string; project: string | undefined; fetch: typeof fetch; now: () => number }): Identity {
  const { host, now } = options;
  const send = options.fetch;

  async function ask(path: string, signal: AbortSignal): Promise<Response> {
    const response = await send(`http://${host}/computeMetadata/v1/${path}`, { headers: { "Metadata-Flavor": "Google" }, signal });
    if (!response.ok) throw new TransportError("UNAVAILABLE", `the metadata server answered ${response.status} for ${path}`);
    return response;
  }

  const project = createCache(now, async (signal) => ({
    value: options.project ?? (await (await ask("project/project-id", signal)).text()),
    endsAt: Number.POSITIVE_INFINITY,
  }));
  const token = createCache(now, async (signal) => {
    const response = await ask("instance/service-accounts/default/token", signal);
    const { access_token, expires_in } = (await response.json()) as { access_token: string; expires_in: number };
    return { value: access_token, endsAt: now() + expires_in * 1_000 };
  });
  return { project: project.get, token: token.get, forget: token.forget };
}

/** What is used of a service account's JSON key. */
export interface ServiceAccountKey {
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id: string;
  readonly project_id: string;
}

/**
 * A service account's own key: it signs a JWT that Google takes in place of an access token (https://google.aip.dev/auth/4111),
 * so no request for a token is needed.
 */
export function serviceAccountIdentity(options: { key: ServiceAccountKey; project: string | undefined; now: () => number }): Identity {
  const { key, now } = options;
  const token = createCache(now, async () => {
    const issued = Math.floor(now() / 1_000);
    const ends = issued + SELF_SIGNED_LIFETIME_S;
    const header = { alg: "RS256", typ: "JWT", kid: key.private_key_id };
    const claims = { iss: key.client_email, sub: key.client_email, aud: "https://datastore.googleapis.com/", iat: issued, exp: ends };
    const content = `${base64Url(JSON.stringify(header))}.${base64Url(JSON.stringify(claims))}`;
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const der = Uint8Array.from(atob(key.private_key.replace(/-----[^-]+-----|\s/g, "")), (char) => char.charCodeAt(0));
    const privateKey = await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
    const signature = await crypto.subtle.sign(algorithm, privateKey, new TextEncoder().encode(content));
    return { value: `${content}.${base64Url(String.fromCharCode(...new Uint8Array(signature)))}`, endsAt: ends * 1_000 };
  });
  return { project: async () => options.project ?? key.project_id, token: token.get, forget: token.forget };
}

/** Base64url without padding, of a string of bytes. */
function base64Url(bytes: string): string {
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
