import { type Client, createClient } from "../support/http.ts";
import type { ServiceRow } from "./rows.ts";

/** Starts a service of its own with these settings, hands over a client, and stops it. */
export async function serving(row: ServiceRow, env: Record<string, string>, use: (client: Client) => Promise<void>): Promise<void> {
  const place = await row.place();
  const served = await place.start(env);
  const client = createClient(served.url);
  try {
    await use(client);
  } finally {
    client.close();
    await served.stop();
    await place.remove();
  }
}
