import { StoreError } from "../../domain/store.ts";

/** SQLite's primary result codes for a statement that is itself at fault and would fail again. https://sqlite.org/rescode.html */
const AT_FAULT: Readonly<Record<string, number>> = { ERROR: 1, TOOBIG: 18, CONSTRAINT: 19, MISMATCH: 20, MISUSE: 21, AUTH: 23, RANGE: 25 };
const BUSY = 5;
const PRIMARY_CODE = 0xff;

/** The port's error for a binding's error. Retryable unless it proves the call wrong: busy, full, I/O, reset and others may pass. */
export function toStoreError(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  return isAtFault(cause)
    ? new StoreError("the database refused the call", { retryable: false, cause })
    : new StoreError("the database cannot be used at the moment", { retryable: true, cause });
}

/** Whether another connection held a lock for too long: nothing was done, and the same call may be made again. */
export function isBusy(error: unknown): boolean {
  const cause = error instanceof StoreError ? error.cause : error;
  return cause instanceof Error && "errcode" in cause && typeof cause.errcode === "number" && (cause.errcode & PRIMARY_CODE) === BUSY;
}

function isAtFault(cause: unknown): boolean {
  if (cause instanceof TypeError || cause instanceof RangeError || cause instanceof SyntaxError || cause instanceof ReferenceError)
    return true;
  if (!(cause instanceof Error)) return false;
  // node:sqlite gives the extended code as a number; a Durable Object ends its message with the name of the primary code.
  if ("errcode" in cause && typeof cause.errcode === "number") return Object.values(AT_FAULT).includes(cause.errcode & PRIMARY_CODE);
  const name = /\bSQLITE_([A-Z]+)/.exec(cause.message)?.[1];
  return name !== undefined && Object.hasOwn(AT_FAULT, name);
}

/** Runs a call of the port; what it throws becomes the port's error. */
export async function attempt<T>(body: () => T): Promise<T> {
  try {
    return body();
  } catch (error) {
    throw toStoreError(error);
  }
}
