import { fromBase64, toBase64Url } from "../../base64.ts";

/** The project and the credentials of REST calls. */
export interface Identity {
  project(timeoutMs: number): Promise<string>;
  /** A bearer token; `null` where none is needed. */
  token(timeoutMs: number): Promise<string | null>;
  /** Drops the cached token: it was refused. */
  forget(): void;
}

/** The identity at the emulator, which needs no token. */
export function emulatorIdentity(project: string): Identity {
  return { project: async () => project, token: async () => null, forget: () => {} };
}

/** Tokens are renewed this long before they expire, as Google's own libraries do. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** The longest lifetime that Google accepts for a self-signed token. */
const SELF_SIGNED_LIFETIME_S = 3_600;

/** Caches a value until 5 minutes before `endsAt` (milliseconds since 1970); concurrent callers share one fetch. */
export function createCache<T>(now: () => number, fetchValue: (timeoutMs: number) => Promise<{ value: T; endsAt: number }>) {
  let kept: { value: T; endsAt: number } | undefined;
  let pending: Promise<T> | undefined;
  return {
    get(timeoutMs: number): Promise<T> {
      if (kept && kept.endsAt - RENEW_BEFORE_MS > now()) return Promise.resolve(kept.value);
      pending ??= fetchValue(timeoutMs)
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

/** The fields of a service account's JSON key that are used. */
export interface ServiceAccountKey {
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id: string;
  readonly project_id: string;
}

/**
 * The identity of a service account, by its key: it signs a JWT that Google accepts in place of an access token, so no token is
 * requested. https://google.aip.dev/auth/4111
 */
export function serviceAccountIdentity(options: { key: ServiceAccountKey; project: string | undefined; now: () => number }): Identity {
  const { key, now } = options;
  const token = createCache(now, async () => {
    const issued = Math.floor(now() / 1_000);
    const ends = issued + SELF_SIGNED_LIFETIME_S;
    const header = { alg: "RS256", typ: "JWT", kid: key.private_key_id };
    const claims = { iss: key.client_email, sub: key.client_email, aud: "https://datastore.googleapis.com/", iat: issued, exp: ends };
    const content = `${toBase64Url(JSON.stringify(header))}.${toBase64Url(JSON.stringify(claims))}`;
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const der = fromBase64(key.private_key.replace(/-----[^-]+-----|\s/g, ""));
    const privateKey = await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
    const signature = await crypto.subtle.sign(algorithm, privateKey, new TextEncoder().encode(content));
    return { value: `${content}.${toBase64Url(String.fromCharCode(...new Uint8Array(signature)))}`, endsAt: ends * 1_000 };
  });
  return { project: async () => options.project ?? key.project_id, token: token.get, forget: token.forget };
}
