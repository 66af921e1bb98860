import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { freePort, type Running, waitForPort } from "../../build/process.ts";
import { OPEN } from "../http/service/rig.ts";
import { launchNodeServer } from "../support/artefacts.ts";
import { emulatorHost } from "../support/emulator.ts";
import { FAULTS, type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { type Answer, type Client, createClient } from "../support/http.ts";
import { size } from "./size.ts";

/** A built server with its own faulty connection to the emulator. */
export interface Instance {
  readonly proxy: FaultProxy;
  readonly client: Client;
  /** Kills it with SIGKILL and starts it again on the same port. */
  kill(): Promise<void>;
  /** The output of all its processes so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Visits in flight at the same time, to all servers. */
export const CLIENTS = size(120, 600);
/** How long a server may take to start on a busy machine. */
const START_MS = 30_000;
/** The seed of all faults, so that a failure can be repeated. */
const SEED = 20_261_122;
const FAULT_RATE = 0.1;

/** Where servers count that share a new namespace. */
export function newPlace() {
  return { ...OPEN, DATASTORE_PROJECT_ID: "fault-suite", DATASTORE_NAMESPACE: randomUUID() };
}

/** Starts servers in one place, each over a connection with every kind of fault. */
export async function startFleet(instances: number, place: Record<string, string> = newPlace()): Promise<Instance[]> {
  const target = await emulatorHost();
  return Promise.all(
    Array.from({ length: instances }, async (_, index) => {
      const proxy = await startFaultProxy({ target, seed: SEED + index, rate: FAULT_RATE, faults: FAULTS });
      return startInstance(proxy, { ...place, DATASTORE_EMULATOR_HOST: proxy.host, PORT: String(await freePort()) });
    }),
  );
}

async function startInstance(proxy: FaultProxy, env: Record<string, string>): Promise<Instance> {
  const start = async (): Promise<Running> => {
    const { port, process: running } = await launchNodeServer(env);
    await waitForPort(port, running, START_MS);
    return running;
  };
  let running = await start();
  let printed = "";
  const client = createClient(`http://127.0.0.1:${env["PORT"]}`, CLIENTS);
  return {
    proxy,
    client,
    output: () => printed + running.output(),
    async kill() {
      await running.stop("SIGKILL");
      printed += running.output();
      running = await start();
    },
    async stop() {
      client.close();
      await running.stop();
      await proxy.stop();
    },
  };
}

/** A visit's answer; `null` without one. A refusal must be a 503 with `Retry-After`. */
export async function sendVisit({ client }: Instance, body: object, headers: Record<string, string> = {}): Promise<Answer | null> {
  const answer = await client.send("POST /v1/visits", { headers, body }).catch(() => null);
  if (answer === null || answer.status === 200) return answer;
  expect(answer, answer.text).toMatchObject({ status: 503, headers: { "retry-after": expect.stringMatching(/^[1-9]\d*$/) } });
  return answer;
}

/** Runs each event once its share (0 to 1) of all visits is answered. */
export async function happen(
  answered: () => number,
  total: number,
  events: readonly (readonly [share: number, what: () => Promise<void>])[],
) {
  for (const [share, what] of [...events].sort(([one], [other]) => one - other)) {
    while (answered() < share * total) await sleep(10);
    await what();
  }
}
