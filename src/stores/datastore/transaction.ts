import type { Session } from "./retry.ts";
import type { TransactionId } from "./transport.ts";

/** Read-only transactions lock nothing, and need no end. Read-write ones lock what they read. */
export type TransactionMode = "readOnly" | "readWrite";

/** How long an attempt to free a transaction's locks may take, whatever time is left: held on to, they would stop all visits of a site. */
const ROLLBACK_MS = 2_000;

/** Runs `body` in a transaction, and frees its locks where `body` has not committed it. */
export async function inTransaction<T>(
  { call, transport }: Session,
  mode: TransactionMode,
  body: (transaction: TransactionId, onCommitted: () => void) => Promise<T>,
): Promise<T> {
  const { transaction } = await call("beginTransaction", { transactionOptions: { [mode]: {} } });
  let isOpen = mode === "readWrite";
  const rollback = () => transport.call("rollback", { transaction }, ROLLBACK_MS);
  try {
    return await body(transaction, () => {
      isOpen = false;
    });
  } finally {
    // Where both fail, it expires by itself, or was committed after all.
    if (isOpen)
      await rollback()
        .catch(rollback)
        .catch(() => {});
  }
}
