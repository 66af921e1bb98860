import { timeLeft } from "../../domain/in-time.ts";
import { StoreError } from "../../domain/store.ts";
import type { Context, Session } from "./context.ts";
import { type Status, TransportError } from "./transport.ts";

/** How long one call may take by default. */
const CALL_MS = 2_000;
/** Pauses between attempts double from the first to the longest; each is shortened at random by up to a half. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** The request is at fault: it was not applied and never will be. */
const REJECTED: readonly Status[] = ["INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE", "UNIMPLEMENTED"];
/** The set-up is at fault: not worth repeating at once, but it may succeed later. */
const REFUSED: readonly Status[] = ["PERMISSION_DENIED", "NOT_FOUND"];

/**
 * Runs `attempt` until it succeeds, is refused, or `deadline` passes; then throws {@link StoreError}. A failure that leaves the outcome
 * open (a lost connection, a timeout, ABORTED, …) repeats it, so `attempt` must be safe to repeat.
 *
 * @param deadline milliseconds since 1970
 * @param callMs how long one call may take, in milliseconds
 */
export async function withRetries<T>(
  context: Context,
  deadline: number,
  attempt: (session: Session) => Promise<T>,
  callMs = CALL_MS,
): Promise<T> {
  const { transport, now, random } = context;
  const left = timeLeft(deadline, now);
  const call: Session["call"] = (method, request) => transport.call(method, request, Math.max(1, Math.min(callMs, left())));
  let cause: unknown;
  for (let pause = FIRST_PAUSE_MS; left() > 0; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await attempt({ ...context, call });
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      // Even a rejection is not final after an attempt whose outcome is open: that one may have been applied.
      const retryable = cause !== undefined || REFUSED.includes(error.status);
      cause = error;
      if (REJECTED.concat(REFUSED).includes(error.status)) throw new StoreError("Datastore refused the request", { retryable, cause });
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(pause * (1 - random() / 2), left()))));
  }
  throw new StoreError("Datastore did not answer in time", { retryable: true, cause });
}
