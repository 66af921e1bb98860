import type { Worker } from "node:worker_threads";
import { inTime, nextTurn, timeLeft } from "../../domain/in-time.ts";
import { StoreError } from "../../domain/store.ts";
import { ConfigError } from "../../environment.ts";
import { type Answer, type Method, resultOf } from "../../stores/sqlite/answer.ts";
import type { SqliteStore } from "../../stores/sqlite/store.ts";
import type { EmbeddedStore } from "./sqlite.ts";
import type { Call, Said } from "./sqlite-thread.ts";

/** How long a read may take, in milliseconds. */
const READ_MS = 8_000;
/** A thread keeps the deadlines itself, and so says what became of a write; without its word for so much longer, nobody knows. */
const GRACE_MS = 250;

type Results = { readonly [M in Method]: Awaited<ReturnType<SqliteStore[M]>> };

/**
 * The embedded store in threads of its own, as SQLite's calls hold their thread: one counts and reads totals, another one lists, so that
 * neither a long list nor a process that has locked the file holds up a request that needs neither. Rejects with a {@link ConfigError}
 * where the file cannot be used.
 *
 * @param options.script sqlite-thread.ts, as built
 */
export async function openSqliteThreads(options: { path: string; script: string | URL; visitors?: boolean }): Promise<EmbeddedStore> {
  const counting = openThread(options);
  await counting.opened();
  // A database in memory is seen by one connection alone.
  const listing = options.path === ":memory:" ? counting : openThread({ ...options, readOnly: true });

  const by =
    (call: Thread["call"]) =>
    <M extends Method>(method: M) =>
    (...args: Parameters<SqliteStore[M]>) =>
      call(method, args, Date.now() + READ_MS);
  const [count, list] = [by(counting.call), by(oneAtATime(listing.call))];

  return {
    name: "sqlite",
    commit: (batch, deadline) => counting.call("commit", [batch, deadline], deadline),
    correct: (correction, deadline) => counting.call("correct", [correction, deadline], deadline),
    add: (batch, deadline) => counting.call("add", [batch, deadline], deadline),
    removeSome: (site, deadline) => counting.call("removeSome", [site, deadline], deadline),
    totals: count("totals"),
    has: count("has"),
    ping: count("ping"),
    salt: count("salt"),
    forget: count("forget"),
    sites: list("sites"),
    pages: list("pages"),
    names: list("names"),
    some: list("some"),
    top: list("top"),
    days: list("days"),
    close: async () => {
      await Promise.all([counting.close(), listing.close()]);
    },
  };
}

/**
 * Sends a thread its next call a turn after the answer to the last one, and none whose time was up meanwhile. Of a thread that has many,
 * Node takes all answers that have come without a turn for others: a hundred lists would hold up visits for seconds.
 */
function oneAtATime(call: Thread["call"]): Thread["call"] {
  let turn: Promise<unknown> = Promise.resolve();
  return (method, args, deadline) => {
    const left = timeLeft(deadline, Date.now);
    const result = turn.then(() => (left() > 0 ? call(method, args, deadline) : tooLate()));
    turn = result.catch(() => {}).then(nextTurn);
    return inTime(result, left() + GRACE_MS, tooLate);
  };
}

interface Thread {
  /** Starts the thread, and resolves when it has the file open. */
  opened(): Promise<void>;
  /** Calls a method of the store in the thread, which is started where there is none. */
  call<M extends Method>(method: M, args: Parameters<SqliteStore[M]>, deadline: number): Promise<Results[M]>;
  close(): Promise<void>;
}

function openThread({ script, ...data }: { path: string; script: string | URL; readOnly?: boolean; visitors?: boolean }): Thread {
  /** The thread that runs, its calls, and whether it has the file open. */
  let current: { worker: Worker; calls: Map<number, (answer: Answer) => void>; opened: Promise<void> } | undefined;
  let lastId = 0;

  function start() {
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const worker = new Worker(script, { workerData: data, execArgv: [] });
    const calls = new Map<number, (answer: Answer) => void>();
    const opened = Promise.withResolvers<void>();
    // Prevents an unhandled rejection; callers still get it.
    opened.promise.catch(() => {});
    worker.on("message", (said: Said) => {
      if ("opened" in said) opened.resolve();
      else if ("refused" in said) opened.reject(new ConfigError(said.refused));
      else calls.get(said.id)?.(said.answer);
    });
    let reason = "it was closed";
    worker.once("error", (error: Error) => {
      reason = error.message;
    });
    worker.once("exit", () => {
      if (current?.worker === worker) current = undefined;
      const error = { message: `the database's thread ended: ${reason}`, retryable: true };
      opened.reject(new StoreError(error.message, error));
      for (const settle of calls.values()) settle({ error });
    });
    return { worker, calls, opened: opened.promise };
  }

  return {
    opened() {
      current ??= start();
      return current.opened;
    },
    async call<M extends Method>(method: M, args: Parameters<SqliteStore[M]>, deadline: number) {
      current ??= start();
      const { worker, calls } = current;
      lastId += 1;
      const timeoutMs = timeLeft(deadline, Date.now)();
      const call: Call = { id: lastId, method, args, timeoutMs };
      const settled = new Promise<Answer>((resolve) => calls.set(call.id, resolve));
      worker.postMessage(call);
      try {
        return resultOf(await inTime(settled, timeoutMs + GRACE_MS, tooLate)) as Results[M];
      } finally {
        calls.delete(call.id);
      }
    },
    async close() {
      if (!current) return;
      const { worker } = current;
      worker.postMessage(null);
      await new Promise((resolve) => worker.once("exit", resolve));
    },
  };
}

function tooLate(): never {
  throw new StoreError("the database did not answer in time", { retryable: true });
}
