import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";

/** How long the emulator of this run may take to answer, from when it is asked for. */
const READY_MS = 90_000;
/** What a commit of the emulator may take before suites begin; a call of the store has 2 s. */
const WARM_MS = 300;

/** The `host:port` of this run's Datastore emulator, once it answers. Suites that ask for it begin with `requires("emulator")`. */
export async function emulatorHost(): Promise<string> {
  const host = inject("emulator");
  if (host === null) throw new Error('There is no emulator: begin the suite with requires("emulator").');
  const deadline = Date.now() + READY_MS;
  while (!(await answers(host)) || !(await isWarm(host))) {
    if (Date.now() > deadline) throw new Error(`The emulator on ${host} does not answer after ${READY_MS} ms.`);
    await sleep(100);
  }
  return host;
}

/** Whether it commits within a fraction of a call's deadline: its first commits take the JVM seconds. */
async function isWarm(host: string): Promise<boolean> {
  const began = performance.now();
  const key = { path: [{ kind: "warm-up", name: "warm-up" }] };
  const body = JSON.stringify({ mode: "NON_TRANSACTIONAL", mutations: [{ upsert: { key } }] });
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body };
  const response = await fetch(`http://${host}/v1/projects/warm-up:commit`, request).catch(() => null);
  await response?.arrayBuffer();
  return response?.ok === true && performance.now() - began < WARM_MS;
}

/** Its HTTP side answers "Ok" when the emulator, and not only its port, is there. */
async function answers(host: string): Promise<boolean> {
  try {
    const response = await fetch(`http://${host}/`, { signal: AbortSignal.timeout(2_000) });
    return response.ok;
  } catch {
    return false;
  }
}
