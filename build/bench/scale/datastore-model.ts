import { keyName } from "../../../src/stores/datastore/lookup.ts";
import type { Key, Method, Mutation, Requests, Responses, Transport } from "../../../src/stores/datastore/transport.ts";
import { TransportError } from "../../../src/stores/datastore/transport.ts";
import { createEntities, keyOf } from "./entities.ts";
import { commitLatency, frontEnd, type Region, readLatency, sample } from "./latency.ts";
import { createLocks } from "./locks.ts";
import { pause } from "./virtual-time.ts";

/** How the modelled Datastore behaves. */
export interface Behaviour {
  readonly region: Region;
  /**
   * How long a commit holds the entities that it writes, in milliseconds; `"commit"`: as long as it takes. That writers wait for each
   * other: https://cloud.google.com/datastore/docs/concepts/transactions and a claim on the list (`npm run smoke -- --claims`).
   */
  readonly holdMs: number | "commit";
  /** How long a commit waits for entities that others hold, in milliseconds, until it is aborted: no document says, so it is varied. */
  readonly lockWaitMs: number;
  /** Splits over which the marks of ids are spread: one in a new database, up to as many as a batch has ids in an aged one. */
  readonly splits: number;
  /** The share of commits that are applied, though their caller is told ABORTED: assumed. */
  readonly hidden: number;
  /**
   * Writes of marks per second; the others wait. A new kind takes 500, and half as many more each 5 minutes:
   * https://cloud.google.com/datastore/docs/cloud-datastore-best-practices#ramping_up_traffic
   */
  readonly marksPerSecond: number;
}

/** What was asked for, as it is billed. */
export interface Billed {
  commits: number;
  reads: number;
  writes: number;
  /** Marks, which a TTL policy deletes later. */
  marks: number;
}

/** A Datastore in memory that takes its time. */
export interface DatastoreModel {
  readonly transport: Transport;
  readonly billed: Billed;
  /** Until it is called again with `false`, every call fails after a moment; a part of the commits is applied all the same. */
  setOutage(isOut: boolean): void;
}

/** The share of commits in an outage that are applied all the same: assumed, so that outcomes are in doubt. */
const OUTAGE_APPLIED = 0.1;

interface Transaction {
  /** The moment that it sees; `null`: the present, locked. */
  readonly at: number | null;
}

export function createDatastoreModel(behaviour: Behaviour, random: () => number): DatastoreModel {
  const { region, holdMs, lockWaitMs, splits, hidden, marksPerSecond } = behaviour;
  const entities = createEntities();
  const locks = createLocks();
  const transactions = new Map<string, Transaction>();
  const billed: Billed = { commits: 0, reads: 0, writes: 0, marks: 0 };
  const forRead = readLatency(region);
  let isOut = false;
  let lastTime = 0;
  let marksFreeAt = 0;

  const present = (): number => Math.max(lastTime, Date.now() * 1_000);

  async function commit({ transaction: name, mutations }: Requests["commit"]): Promise<Responses["commit"]> {
    await pause(frontEnd(random) / 2, random);
    if (isOut && random() > OUTAGE_APPLIED) throw unavailable();
    const marks = mutations.filter(({ insert }) => insert).length;
    marksFreeAt = Math.max(marksFreeAt, Date.now()) + (marks * 1_000) / marksPerSecond;
    if (marksFreeAt - Date.now() > 1_000) await pause(marksFreeAt - Date.now() - 1_000, random);
    const owner = (name === undefined ? undefined : transactions.get(name)) ?? { at: null };
    const locked = mutations.filter(({ insert }) => !insert).map((mutation) => keyName(keyOf(mutation)));
    const takes = sample(commitLatency(region, Math.min(splits, Math.max(1, marks))), random);
    const holds = holdMs === "commit" ? takes : Math.min(takes, holdMs);
    await pause((takes - holds) / 2, random);
    if (!(await locks.acquire(owner, locked, lockWaitMs))) throw new TransportError("ABORTED", "too much contention");
    try {
      await pause(holds, random);
      lastTime = present() + 1;
      const mutationResults = entities.apply(mutations, lastTime);
      bill(mutations);
      const commitTime = String(lastTime);
      locks.release(owner);
      await pause((takes - holds) / 2 + frontEnd(random) / 2, random);
      if (isOut) throw unavailable();
      if (random() < hidden) throw new TransportError("ABORTED", "applied all the same");
      return { mutationResults, commitTime };
    } finally {
      locks.release(owner);
      if (name !== undefined) transactions.delete(name);
    }
  }

  function bill(mutations: readonly Mutation[]): void {
    billed.commits += 1;
    billed.writes += mutations.length;
    billed.marks += mutations.filter(({ insert }) => insert).length;
  }

  async function lookup({ keys, readOptions }: Requests["lookup"]): Promise<Responses["lookup"]> {
    await pause(frontEnd(random) + sample(forRead, random), random);
    if (isOut) throw unavailable();
    billed.reads += keys.length;
    const transaction = readOptions?.transaction === undefined ? undefined : transactions.get(readOptions.transaction);
    if (transaction && transaction.at === null && !(await locks.acquire(transaction, keys.map(keyName), lockWaitMs))) {
      throw new TransportError("ABORTED", "too much contention");
    }
    const at = readOptions?.readTime === undefined ? (transaction?.at ?? present()) : Number(readOptions.readTime);
    return { found: keys.flatMap((key: Key) => entities.read(key, at) ?? []) };
  }

  async function begin({ transactionOptions }: Requests["beginTransaction"]): Promise<Responses["beginTransaction"]> {
    await pause(frontEnd(random), random);
    if (isOut) throw unavailable();
    const transaction = `transaction-${random()}`;
    transactions.set(transaction, { at: transactionOptions.readOnly ? present() : null });
    return { transaction };
  }

  async function rollback({ transaction }: Requests["rollback"]): Promise<object> {
    await pause(frontEnd(random), random);
    const owner = transactions.get(transaction);
    if (owner) locks.release(owner);
    return {};
  }

  function unavailable(): TransportError {
    return new TransportError("UNAVAILABLE", "an outage");
  }

  const methods: { readonly [M in Method]: (request: Requests[M]) => Promise<Responses[M]> } = {
    beginTransaction: begin,
    commit,
    lookup,
    rollback,
    runQuery: () => Promise.reject(new TransportError("UNIMPLEMENTED", "counting needs no query")),
  };

  return {
    billed,
    transport: {
      // Datastore goes on with what its caller no longer waits for.
      call: (method, request, timeoutMs) => within(timeoutMs, methods[method](request)),
      close: () => Promise.resolve(),
    },
    setOutage(value) {
      isOut = value;
    },
  };
}

function within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TransportError("DEADLINE_EXCEEDED", "no answer in time")), timeoutMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
