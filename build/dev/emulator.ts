import { missingForEmulator, startEmulator } from "../emulator.ts";
import { freePort } from "../process.ts";
import { fail } from "../root.ts";

/** Any name will do. */
const PROJECT = "footfall-dev";

/** Datastore's emulator: the one of `DATASTORE_EMULATOR_HOST`, else one that ends with the loop. */
export async function openEmulator(): Promise<{ name: string; vars: Record<string, string>; stop(): Promise<void> }> {
  const project = process.env["DATASTORE_PROJECT_ID"] || PROJECT;
  const given = process.env["DATASTORE_EMULATOR_HOST"];
  const varsOf = (host: string) => ({ DATASTORE_EMULATOR_HOST: host, DATASTORE_PROJECT_ID: project });
  if (given) return { name: `Datastore's emulator on ${given}`, vars: varsOf(given), stop: async () => {} };
  const missing = missingForEmulator();
  if (missing !== null) fail(`${missing}. Set DATASTORE_EMULATOR_HOST to one that runs elsewhere, or leave --datastore out.`);
  const port = await freePort();
  console.log("starting Datastore's emulator …");
  const { running, ready } = startEmulator(port);
  await ready.catch((error: Error) => fail(error.message));
  const host = `127.0.0.1:${port}`;
  return { name: `Datastore's emulator on ${host}, in memory`, vars: varsOf(host), stop: () => running.stop() };
}
