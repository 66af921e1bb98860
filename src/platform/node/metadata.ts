import { createCache, type Identity } from "../../stores/datastore/identity.ts";
import { type Fetch, TransportError } from "../../stores/datastore/transport.ts";

/** How long the first requests, which no call waits for, may take. */
const EARLY_MS = 5_000;

/**
 * The service account of the machine, from Google's metadata server. Google's own library for this, gcp-metadata, would have to load
 * before the first visit: 57 KB after gzip, and 20 ms, half of what Node itself takes to start.
 * https://cloud.google.com/compute/docs/metadata/querying-metadata
 *
 * @param options.host `metadata.google.internal`, or what `GCE_METADATA_HOST` says
 * @param options.project where it is known; else the metadata server is asked
 */
export function metadataIdentity(options: { host: string; project: string | undefined; now: () => number; fetch: Fetch }): Identity {
  const { host, now, fetch } = options;

  async function ask(path: string, timeoutMs: number) {
    const response = await fetch(`http://${host}/computeMetadata/v1/${path}`, { headers: { "Metadata-Flavor": "Google" }, timeoutMs });
    if (!response.ok) throw new TransportError("UNAVAILABLE", `the metadata server answered ${response.status} for ${path}`);
    return response;
  }

  const project = createCache(now, async (timeoutMs) => ({
    value: options.project ?? (await (await ask("project/project-id", timeoutMs)).text()),
    endsAt: Number.POSITIVE_INFINITY,
  }));
  const token = createCache(now, async (timeoutMs) => {
    const response = await ask("instance/service-accounts/default/token", timeoutMs);
    const { access_token, expires_in } = (await response.json()) as { access_token: string; expires_in: number };
    return { value: access_token, endsAt: now() + expires_in * 1_000 };
  });
  // Ask before the first visit comes; where this fails, the visit's own call asks again and says why.
  Promise.all([project.get(EARLY_MS), token.get(EARLY_MS)]).catch(() => {});
  return { project: project.get, token: token.get, forget: token.forget };
}
