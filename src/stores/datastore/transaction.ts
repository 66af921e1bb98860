import type { Session, TransactionMode } from "./context.ts";
import type { TransactionId } from "./transport.ts";

/** For a rollback, whatever time is left: locks that stay would block the site's visits until the transaction expires. */
const ROLLBACK_MS = 2_000;

/** Runs `body` in a transaction; rolls it back unless `body` calls `onCommitted`. */
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
    // Where both fail, the transaction expires by itself, or was committed after all.
    if (isOpen)
      await rollback()
        .catch(rollback)
        .catch(() => {});
  }
}
