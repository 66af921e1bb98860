import { StoreError } from "../../domain/store.ts";
import { toStoreError } from "./failure.ts";
import type { SqliteStore } from "./store.ts";

/** The calls of the ports that reach the engine. */
export type Method = Exclude<keyof SqliteStore, "name">;

/** What a call came to, as a value: an error that goes to another thread or over RPC loses its class. `value` is the call's result. */
export type Answer = { readonly value: unknown } | { readonly error: { readonly message: string; readonly retryable: boolean } };

/** Runs a call of the port, and answers its result or its failure. */
export async function answer(call: () => Promise<unknown>): Promise<Answer> {
  try {
    return { value: await call() };
  } catch (error) {
    const { message, retryable } = toStoreError(error);
    return { error: { message, retryable } };
  }
}

/** The result that an answer carries; throws its failure. */
export function resultOf(answer: Answer): unknown {
  if ("error" in answer) throw new StoreError(answer.error.message, { retryable: answer.error.retryable });
  return answer.value;
}
