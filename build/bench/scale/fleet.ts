import { createRecorder } from "../../../src/domain/recorder.ts";
import type { Store } from "../../../src/domain/store.ts";
import { placeOf } from "../../../src/domain/visitors/sketch.ts";
import type { Shards } from "../../../src/stores/datastore/sharding.ts";
import { createDatastoreStore } from "../../../src/stores/datastore/store.ts";
import type { Transport } from "../../../src/stores/datastore/transport.ts";
import { poisson } from "./random.ts";

/** What a visit takes of an instance's CPU, in milliseconds: 100 to 130 µs were measured (`npm run bench load`). */
const CPU_MS = 0.13;
/** Requests that Cloud Run lets into an instance at a time, as the deployment sets it; the others are refused at the door. */
const CONCURRENCY = 400;
export const SITE = "www.example";
export const DAY = "2026-11-22";

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

export function openStore(transport: Transport, shards: Shards, random: () => number, hasVisitors = false): Store {
  const settings = { transport, shards, random, namespace: "", readIn: "readOnly", now: Date.now } as const;
  return createDatastoreStore({ ...settings, saltTransport: hasVisitors ? transport : null });
}

/** The paths that a point's visits are for. */
export function pagesOf(count = 1): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? "/" : `/${index}`));
}

/** Starts instances; each has a store of its own over the same transport. */
export function startFleet(options: {
  readonly transport: Transport;
  readonly instances: number;
  readonly shards: Shards;
  /** Every visit has an id. */
  readonly ids: boolean;
  /** Of which each visit has one by chance: so many pages (1 by default), and visitors (none by default). */
  readonly pages?: number;
  readonly visitors?: number;
  readonly random: () => number;
}): Fleet {
  const { transport, instances, shards, ids, random } = options;
  const pages = pagesOf(options.pages);
  const word = () => Math.floor(random() * 2 ** 32);
  const visitors = Array.from({ length: options.visitors ?? 0 }, () => ({ site: placeOf(word(), word()), page: placeOf(word(), word()) }));
  const oneOf = <T>(list: readonly T[]): T | undefined => list[list.length > 1 ? Math.floor(random() * list.length) : 0];
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
    const store = openStore(transport, shards, random, visitors.length > 0);
    const recorder = createRecorder({ store, now: Date.now, newId, meter, gather: (onGathered) => gathering.push(onGathered) });
    return { recorder, gathering, arrivals: [] as number[], cpuMs: 0, inFlight: 0 };
  });

  async function send(instance: (typeof fleet)[number], arrivedAt: number): Promise<void> {
    const visit = { page: oneOf(pages) ?? "/", day: DAY, id: ids ? newId() : null, visitor: oneOf(visitors) ?? null };
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
