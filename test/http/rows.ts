import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NodeServer, type Served, startNodeServer, startWorker } from "../support/artefacts.ts";
import { emulatorHost } from "../support/emulator.ts";

/** Data that outlives a service. */
export interface Place<S extends Served = Served> {
  /** Starts a service on it. */
  start(env: Record<string, string>): Promise<S>;
  remove(): Promise<void>;
}

/** A built artefact with an engine. */
export interface ServiceRow<S extends Served = Served> {
  readonly name: string;
  /** As `/v1/health` calls it. */
  readonly store: "sqlite" | "datastore";
  /** How many may count on the same data at the same time. */
  readonly instances: 1 | 2;
  /** Makes a place without any visit. */
  place(): Promise<Place<S>>;
}

/** `dist/server` on a file. */
export const nodeOnSqlite: ServiceRow<NodeServer> = {
  name: "the Node server on SQLite",
  store: "sqlite",
  instances: 2,
  place: () =>
    inFolder((folder) => (env) => startNodeServer({ ...env, STORE: "sqlite", SQLITE_PATH: join(folder, "data", "visits.sqlite") })),
};

/** `dist/worker`. */
export const workerOnDurableObjects: ServiceRow = {
  name: "the worker on Durable Objects",
  store: "sqlite",
  instances: 1,
  place: () => inFolder((folder) => (env) => startWorker(env, folder)),
};

/** `dist/server` on the emulator. */
export const nodeOnDatastore: ServiceRow<NodeServer> = {
  name: "the Node server on Datastore",
  store: "datastore",
  instances: 2,
  place: () => inNamespace(startNodeServer),
};

/** `dist/worker` on the emulator. */
export const workerOnDatastore: ServiceRow = {
  name: "the worker on Datastore",
  store: "datastore",
  instances: 2,
  place: () => inNamespace(startWorker),
};

async function inFolder<S extends Served>(startIn: (folder: string) => Place<S>["start"]): Promise<Place<S>> {
  const folder = await mkdtemp(join(tmpdir(), "footfall-http-"));
  return { start: startIn(folder), remove: () => rm(folder, { recursive: true, force: true }) };
}

async function inNamespace<S extends Served>(start: Place<S>["start"]): Promise<Place<S>> {
  const settings = {
    DATASTORE_EMULATOR_HOST: await emulatorHost(),
    DATASTORE_PROJECT_ID: "http-suite",
    DATASTORE_NAMESPACE: randomUUID(),
  };
  // The emulator is in memory, and goes with the run.
  return { start: (env) => start({ ...settings, ...env }), remove: async () => {} };
}
