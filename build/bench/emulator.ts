import { missingForEmulator, startEmulator } from "../emulator.ts";
import { freePort } from "../process.ts";

/**
 * Runs `body` with a Datastore emulator of its own (or with that of `DATASTORE_EMULATOR_HOST`); with `null` and a note where this
 * machine has none.
 */
export async function withEmulator<T>(notes: string[], body: (host: string | null) => Promise<T>): Promise<T> {
  const given = process.env["DATASTORE_EMULATOR_HOST"];
  if (given) return body(given);
  const missing = missingForEmulator();
  if (missing !== null) {
    notes.push(`Without Datastore: ${missing}.`);
    return body(null);
  }
  const port = await freePort();
  const { running, ready } = startEmulator(port);
  try {
    await ready;
    return await body(`127.0.0.1:${port}`);
  } finally {
    await running.stop();
  }
}
