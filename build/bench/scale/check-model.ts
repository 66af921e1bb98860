import { randomUUID } from "node:crypto";
import { createRecorder } from "../../../src/domain/recorder.ts";
import { createHttpFetch } from "../../../src/platform/node/http-fetch.ts";
import { EMULATOR_PROJECT, openDatastore, openRestTransport } from "../../../src/stores/datastore/open.ts";
import { type Transport, TransportError } from "../../../src/stores/datastore/transport.ts";
import { createEntities } from "./entities.ts";
import { createRandom } from "./random.ts";
import { inVirtualTime, pause } from "./virtual-time.ts";

const CLIENTS = 64;
const WARM_UP_MS = 2_000;
const REAL_MS = 4_000;
/** Commits to the emulator take few milliseconds: a virtual one is a tenth of a real one. */
const FINER = 10;
const VIRTUAL_MS = 2_000 * FINER;
const SITE = "check.example";

/** Visits per second of clients that each wait for their answer, and how long each commit took. */
interface Measured {
  readonly perSecond: number;
  readonly commitMs: readonly number[];
}

/** The same recorders and stores on the emulator, and in virtual time with the latencies measured there: how many visits they count. */
export async function checkModel(emulator: string, instances: number): Promise<{ readonly measured: number; readonly simulated: number }> {
  await onEmulator(emulator, instances, WARM_UP_MS);
  const { perSecond, commitMs } = await onEmulator(emulator, instances, REAL_MS);
  return { measured: perSecond, simulated: await inModel(commitMs, instances) };
}

async function onEmulator(emulator: string, instances: number, ms: number): Promise<Measured> {
  const settings = { project: EMULATOR_PROJECT, databaseId: "", namespaceId: `check-${randomUUID()}`, emulator, serviceAccount: undefined };
  const commitMs: number[] = [];
  const end = performance.now() + ms;
  const counts = Array.from({ length: instances }, () => {
    const rest = openRestTransport(settings, { fetch: createHttpFetch(), now: Date.now });
    const timed: Transport = {
      ...rest,
      async call(method, request, timeoutMs) {
        const begun = performance.now();
        const answer = await rest.call(method, request, timeoutMs);
        if (method === "commit") commitMs.push(performance.now() - begun);
        return answer;
      },
    };
    return count(timed, setImmediate, () => performance.now() < end);
  });
  const visits = await Promise.all(counts);
  return { perSecond: (sum(visits) / ms) * 1_000, commitMs };
}

function inModel(commitMs: readonly number[], instances: number): Promise<number> {
  return inVirtualTime(async (time) => {
    const random = createRandom(1);
    const entities = createEntities();
    const end = time.now() + VIRTUAL_MS;
    let commits = 0;
    const transport: Transport = {
      async call(method, request) {
        if (!("mutations" in request)) throw new TransportError("UNIMPLEMENTED", method);
        await pause((commitMs[Math.floor(random() * commitMs.length)] ?? 0) * FINER, random);
        commits += 1;
        return { mutationResults: entities.apply(request.mutations, commits), commitTime: String(commits) } as never;
      },
      close: () => Promise.resolve(),
    };
    const gather = (onGathered: () => void): void => queueMicrotask(onGathered);
    const counts = Array.from({ length: instances }, () => count(transport, gather, () => time.now() < end));
    return (sum(await time.settle(Promise.all(counts))) / VIRTUAL_MS) * FINER * 1_000;
  });
}

/** Visits of one instance's clients. */
async function count(transport: Transport, gather: (onGathered: () => void) => void, isOn: () => boolean): Promise<number> {
  const store = openDatastore(transport, { namespaceId: "", emulator: "emulator" }, 1);
  const recorder = createRecorder({ store, now: Date.now, newId: randomUUID, gather });
  let visits = 0;
  const client = async (): Promise<void> => {
    while (isOn()) {
      await recorder.record(SITE, { page: "/", day: "2026-11-22", id: null, visitor: null });
      visits += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return visits;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
