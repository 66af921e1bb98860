import { readOptions } from "./options.ts";
import { findProgram, freePort, type Running, start, waitForPort } from "./process.ts";
import { fail, readPort } from "./root.ts";

/** Why the emulator cannot run here, or `null`. */
export function missingForEmulator(): string | null {
  const missing = ["gcloud", "java"].filter((name) => findProgram(name) === null);
  return missing.length === 0 ? null : `Google's Datastore emulator needs ${missing.join(" and ")}, not found in PATH`;
}

const DEFAULT_PORT = 8999;
/** How long the emulator may take to start. */
const START_MS = 90_000;

/** Starts Google's Datastore emulator, in memory, on a port of 127.0.0.1; `ready` resolves when it answers. */
export function startEmulator(port: number, options: Parameters<typeof start>[2] = {}): { running: Running; ready: Promise<void> } {
  const args = ["emulators", "firestore", "start", "--database-mode=datastore-mode", `--host-port=127.0.0.1:${port}`, "--quiet"];
  const running = start("gcloud", args, options);
  return { running, ready: waitForPort(port, running, START_MS) };
}

if (import.meta.main) await main();

async function main(): Promise<void> {
  readOptions({
    name: "npm run emulator --",
    about: "Runs Google's Datastore emulator, in memory, on 127.0.0.1.",
    options: {},
    notes: `PORT is where to listen (${DEFAULT_PORT}); 0 for any free port.`,
  });
  const missing = missingForEmulator();
  if (missing !== null) fail(`${missing}. Install the Google Cloud CLI, then: gcloud components install cloud-firestore-emulator`);
  // The emulator itself ends with a stack trace where its port is taken, and listens nowhere on port 0.
  const port = await freePort(readPort(DEFAULT_PORT)).catch((error: Error) =>
    fail(`PORT is ${process.env["PORT"] || DEFAULT_PORT}: ${error.message}.`),
  );
  const { running, ready } = startEmulator(port, { onOutput: (text) => process.stderr.write(text) });
  let stopping = false;
  const stop = () => {
    stopping = true;
    running.stop();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  await ready.catch((error: Error) => {
    if (stopping) process.exit(0);
    fail(error.message.split("\n", 1)[0] ?? "The emulator did not start.");
  });
  console.log(`Datastore emulator on 127.0.0.1:${port}; in another terminal: DATASTORE_EMULATOR_HOST=127.0.0.1:${port} npm start`);
  await running.exited;
  process.exit(stopping ? 0 : 1);
}
