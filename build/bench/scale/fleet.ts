import { createRecorder } from "../../../src/domain/recorder.ts";
import type { Store } from "../../../src/domain/store.ts";
import type { Shards } from "../../../src/stores/datastore/sharding.ts";
import { createDatastoreStore } from "../../../src/stores/datastore/store.ts";
import type { Transport } from "../../../src/stores/datastore/transport.ts";
import { poisson } from "./random.ts";

/** What a visit takes of an instance's CPU, in milliseconds: 100 to 130 µs were measured (`npm run bench load`). */
const CPU_MS = 0.13;
/** Requests that Cloud Run lets into an instance at a time, as the deployment sets it; the others are refused at the door. */
const CONCURRENCY = 400;
export const SITE = "www.example";
export const PAGE = "/";
const DAY = "2026-11-22";

/** A visit's answer. */
export interface Answer {
  /** Both in milliseconds since 1970. */
  readonly arrivedAt: number;
  readonly answeredAt: number;
  /** The page's new count; `null` where the visit was refused. */
  readonly visits: number | null;
}

/** Instances behind a load balancer that spreads visits at random. */
export interface Fleet {
  readonly answers: readonly Answer[];
  readonly sent: number;
  readonly retries: number;
  /** A millisecond's work of every instance; `visits` arrive in it on average. */
  work(visits: number): void;
}

export function openStore(transport: Transport, shards: Shards, random: () => number): Store {
  const settings = { transport, shards, random, namespace: "", readIn: "readOnly", saltTransport: null, now: Date.now } as const;
  return createDatastoreStore(settings);
}

/** Starts instances; each has a store of its own over the same transport. */
export function startFleet(options: {
  readonly transport: Transport;
  readonly instances: number;
  readonly shards: Shards;
  /** Every visit has an id. */
  readonly ids: boolean;
  readonly random: () => number;
}): Fleet {
  const { transport, instances, shards, ids, random } = options;
  const answers: Answer[] = [];
  let sent = 0;
  let retries = 0;
  let names = 0;

  const newId = (): string => {
    names += 1;
    return `id-${names}`;
  };

  const fleet = Array.from({ length: instances }, () => {
    const gathering: (() => void)[] = [];
    const meter = {
      add(kind: string) {
        if (kind === "retries") retries += 1;
      },
      peak() {},
      flush() {},
    };
    const store = openStore(transport, shards, random);
    const recorder = createRecorder({ store, now: Date.now, newId, meter, gather: (onGathered) => gathering.push(onGathered) });
    return { recorder, gathering, arrivals: [] as number[], cpuMs: 0, inFlight: 0 };
  });

  async function send(instance: (typeof fleet)[number], arrivedAt: number): Promise<void> {
    const visit = { page: PAGE, day: DAY, id: ids ? newId() : null, visitor: null };
    const outcome = await instance.recorder.record(SITE, visit).catch(() => null);
    const visits = outcome && "visits" in outcome ? outcome.visits : null;
    instance.inFlight -= 1;
    answers.push({ arrivedAt, answeredAt: Date.now(), visits });
  }

  return {
    answers,
    get sent() {
      return sent;
    },
    get retries() {
      return retries;
    },
    work(visits) {
      const now = Date.now();
      for (let count = poisson(visits, random); count > 0; count -= 1) {
        const instance = fleet[Math.floor(random() * instances)];
        sent += 1;
        if (!instance || instance.inFlight === CONCURRENCY) {
          answers.push({ arrivedAt: now, answeredAt: now, visits: null });
          continue;
        }
        instance.inFlight += 1;
        instance.arrivals.push(now);
      }
      for (const instance of fleet) {
        // An idle CPU saves nothing up for later.
        instance.cpuMs = Math.min(1, instance.cpuMs + 1);
        while (instance.arrivals.length > 0 && instance.cpuMs > 0) {
          instance.cpuMs -= CPU_MS;
          void send(instance, instance.arrivals.shift() ?? now);
        }
        for (const onGathered of instance.gathering.splice(0)) onGathered();
      }
    },
  };
}
