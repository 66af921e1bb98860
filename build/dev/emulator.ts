import { missingForEmulator, startEmulator } from "../emulator.ts";
import { freePort } from "../process.ts";

/** Any name will do. */
const PROJECT = "footfall-dev";

/** Datastore's emulator: the one of `DATASTORE_EMULATOR_HOST`, else one that ends with this process. Throws where it cannot start. */
export async function openEmulator(): Promise<{ name: string; vars: Record<string, string> }> {
  const project = process.env["DATASTORE_PROJECT_ID"] || PROJECT;
  const given = process.env["DATASTORE_EMULATOR_HOST"];
  const varsOf = (host: string) => ({ DATASTORE_EMULATOR_HOST: host, DATASTORE_PROJECT_ID: project });
  if (given) return { name: `Datastore's emulator on ${given}`, vars: varsOf(given) };
  const missing = missingForEmulator();
  if (missing !== null) throw new Error(`${missing}. Set DATASTORE_EMULATOR_HOST to one that runs elsewhere, or leave --datastore out.`);
  const port = await freePort();
  console.log("starting Datastore's emulator …");
  await startEmulator(port).ready;
  const host = `127.0.0.1:${port}`;
  return { name: `Datastore's emulator on ${host}, in memory`, vars: varsOf(host) };
}
