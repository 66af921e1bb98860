import type { Session, TransactionMode } from "./context.ts";
import type { Mutation, Responses, TransactionId } from "./transport.ts";

/** For a rollback, whatever time is left: locks that stay would block the site's visits until the transaction expires. */
const ROLLBACK_MS = 2_000;

/** Commits mutations in a transaction of their own. */
export function commitAlone({ call }: Pick<Session, "call">, mutations: readonly Mutation[]): Promise<Responses["commit"]> {
  return call("commit", { mode: "TRANSACTIONAL", singleUseTransaction: { readWrite: {} }, mutations });
}

/** Runs `body` in a transaction; rolls it back unless `body` commits it. */
export async function inTransaction<T>(
  { call, transport }: Session,
  mode: TransactionMode,
  body: (transaction: TransactionId, commit: (mutations: readonly Mutation[]) => Promise<void>) => Promise<T>,
): Promise<T> {
  const { transaction } = await call("beginTransaction", { transactionOptions: { [mode]: {} } });
  let isOpen = mode === "readWrite";
  const rollback = () => transport.call("rollback", { transaction }, ROLLBACK_MS);
  try {
    return await body(transaction, async (mutations) => {
      await call("commit", { mode: "TRANSACTIONAL", transaction, mutations });
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
