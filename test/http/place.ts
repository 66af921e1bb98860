import type { Served } from "../support/artefacts.ts";
import { type Client, createClient } from "../support/http.ts";
import type { ServiceRow } from "./rows.ts";

/** Starts a service of its own with these settings, hands it over with a client, and stops it. */
export async function serving(
  row: ServiceRow,
  env: Record<string, string>,
  use: (client: Client, served: Served) => Promise<void>,
): Promise<void> {
  const place = await row.place();
  const served = await place.start(env);
  const client = createClient(served.url);
  try {
    await use(client, served);
  } finally {
    client.close();
    await served.stop();
    await place.remove();
  }
}
