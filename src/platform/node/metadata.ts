import { createCache, type Identity } from "../../stores/datastore/identity.ts";
import { type Fetch, TransportError } from "../../stores/datastore/transport.ts";

const EARLY_MS = 5_000;

/**
 * The service account of the machine, from Google's metadata server.
 * https://cloud.google.com/compute/docs/metadata/querying-metadata
 *
 * @param options.host `metadata.google.internal`, or what `GCE_METADATA_HOST` says
 * @param options.project where it is known; else the metadata server is asked
 */
export function metadataIdentity(options: { host: string; project: string | undefined; now: () => number; send: Fetch }): Identity {
  const { host, now, send } = options;

  async function ask(path: string, timeoutMs: number) {
    const response = await send(`http://${host}/computeMetadata/v1/${path}`, { headers: { "Metadata-Flavor": "Google" }, timeoutMs });
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
  // A container that starts asks at once, so that its first visit does not wait; where this fails, that visit asks again.
  Promise.all([project.get(EARLY_MS), token.get(EARLY_MS)]).catch(() => {});
  return { project: project.get, token: token.get, forget: token.forget };
}
