import type { TestProject } from "vitest/node";
import { missingForEmulator, startEmulator } from "../../build/emulator.ts";
import { freePort } from "../../build/process.ts";
import { isStale } from "../../build/server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The Datastore emulator's `host:port`, which may still be starting; `null` where there is none. */
    emulator: string | null;
    /** Whether `dist/` was older than `src/` as the run began. */
    staleDist: boolean;
  }
}

/** Java that lives for minutes beside what it serves: compiling and collecting for a long life would take a third of its processor time. */
const FOR_MINUTES = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

/**
 * Starts one Datastore emulator for all suites (or takes the one of `DATASTORE_EMULATOR_HOST`). It does not wait for it, so that
 * suites that need none begin at once.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  project.provide("staleDist", isStale());
  const own = process.env["DATASTORE_EMULATOR_HOST"];
  const isQuick = project.vitest.projects.every(({ name }) => name === "quick");
  if (own || isQuick || missingForEmulator() !== null) {
    project.provide("emulator", own || null);
    return undefined;
  }
  const port = await freePort();
  const { running, ready } = startEmulator(port, { env: { ...process.env, JDK_JAVA_OPTIONS: FOR_MINUTES } });
  let over = false;
  // Suites that need none may be done before it listens.
  ready.catch((error: Error) => over || console.error(error.message));
  project.provide("emulator", `127.0.0.1:${port}`);
  const stop = () => process.exit(1);
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return () => {
    over = true;
    return running.stop();
  };
}
