import type { Session } from "./retry.ts";
import { type TransactionId, TransportError } from "./transport.ts";

/** Read-only transactions lock nothing, and need no end. Read-write ones lock what they read. */
export type TransactionMode = "readOnly" | "readWrite";

/** Runs `body` in a transaction, and frees its locks where `body` has not committed it. */
export async function inTransaction<T>(
  { call }: Session,
  mode: TransactionMode,
  body: (transaction: TransactionId) => Promise<T>,
): Promise<T> {
  const { transaction } = await call("beginTransaction", { transactionOptions: { [mode]: {} } });
  try {
    return await body(transaction);
  } finally {
    if (mode === "readWrite") {
      await call("rollback", { transaction }).catch((error: unknown) => {
        // It was committed, or it expires by itself.
        if (!(error instanceof TransportError)) throw error;
      });
    }
  }
}
