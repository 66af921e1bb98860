import { StoreError } from "../../domain/store.ts";

/** SQLite's primary result codes that say that the statement itself is at fault: sent again, it fails again. */
const AT_FAULT: Readonly<Record<string, number>> = { ERROR: 1, TOOBIG: 18, CONSTRAINT: 19, MISMATCH: 20, MISUSE: 21, AUTH: 23, RANGE: 25 };
const PRIMARY_CODE = 0xff;

/** A binding's error in the port's terms. Whatever does not prove the call wrong (busy, full, I/O, reset, …) may pass: retryable. */
export function toStoreError(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  return isAtFault(cause)
    ? new StoreError("the database refused the call", { retryable: false, cause })
    : new StoreError("the database cannot be used at the moment", { retryable: true, cause });
}

function isAtFault(cause: unknown): boolean {
  if (cause instanceof TypeError || cause instanceof RangeError || cause instanceof SyntaxError || cause instanceof ReferenceError)
    return true;
  if (!(cause instanceof Error)) return false;
  // node:sqlite tells the (extended) code as a number, a Durable Object the primary code's name at the end of the message.
  if ("errcode" in cause && typeof cause.errcode === "number") return Object.values(AT_FAULT).includes(cause.errcode & PRIMARY_CODE);
  const name = /\bSQLITE_([A-Z]+)/.exec(cause.message)?.[1];
  return name !== undefined && Object.hasOwn(AT_FAULT, name);
}
