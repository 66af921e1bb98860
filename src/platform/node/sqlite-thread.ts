/** The script of a thread that has the embedded store's file open, and answers the calls of sqlite-threads.ts. */
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { timeLeft } from "../../domain/in-time.ts";
import { StoreError } from "../../domain/store.ts";
import { type Answer, answer, type Method } from "../../stores/sqlite/answer.ts";
import { isBusy } from "../../stores/sqlite/failure.ts";
import { type EmbeddedStore, openSqliteStore } from "./sqlite.ts";

/** A call of the store port. Its time is what is left of it, in milliseconds: two clocks may differ. */
export interface Call {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
  readonly timeoutMs: number;
}

/** What the thread says: that its file is open, why it cannot be, or what a call came to. */
export type Said = { readonly opened: true } | { readonly refused: string } | { readonly id: number; readonly answer: Answer };

/** So long another process that writes to the file holds the thread, which then is free for reads before it tries again. */
const BUSY_TIMEOUT_MS = 50;
const PAUSE_MS = 20;

function say(said: Said): void {
  parentPort?.postMessage(said);
}

/** Tries until no other process holds the file, or the time is up. */
async function untilFree(run: () => Promise<unknown>, timeoutMs: number): Promise<unknown> {
  const left = timeLeft(Date.now() + timeoutMs, Date.now);
  for (;;) {
    if (left() <= 0) throw new StoreError("the database had no time for the call", { retryable: true });
    try {
      return await run();
    } catch (error) {
      if (!isBusy(error) || left() <= PAUSE_MS + BUSY_TIMEOUT_MS) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

function serve(store: EmbeddedStore): void {
  parentPort?.on("message", async (call: Call | null) => {
    if (call === null) {
      await store.close();
      parentPort?.close();
      return;
    }
    const { id, method, args, timeoutMs } = call;
    say({ id, answer: await answer(() => untilFree(() => Reflect.apply(store[method], store, args), timeoutMs)) });
  });
}

try {
  const { path, readOnly = false, visitors = false } = workerData as { path: string; readOnly?: boolean; visitors?: boolean };
  serve(openSqliteStore(path, Date.now, { busyTimeoutMs: BUSY_TIMEOUT_MS, readOnly, visitors }));
  say({ opened: true });
} catch (error) {
  say({ refused: error instanceof Error ? error.message : String(error) });
}
