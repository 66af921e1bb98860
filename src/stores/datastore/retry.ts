import { StoreError } from "../../domain/store.ts";
import { type Method, type Requests, type Responses, type Status, type Transport, TransportError } from "./transport.ts";

/** How long one attempt may take. */
const ATTEMPT_MS = 2_000;
/** Pauses between attempts double from the first to the longest, each shortened at random by up to a half. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** The request itself is at fault: it was not applied and never will be. */
const REJECTED: readonly Status[] = ["INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE", "UNIMPLEMENTED"];
/** The set-up is at fault: sending it again at once is of no use, later it may be. */
const REFUSED: readonly Status[] = ["PERMISSION_DENIED", "NOT_FOUND"];

/** Calls with one deadline: each attempt gets what is left of it, two seconds at most. */
export interface Attempts {
  readonly call: <M extends Method>(method: M, request: Requests[M]) => Promise<Responses[M]>;
}

/**
 * Runs `attempt` until it succeeds, fails for good, or `deadline` (milliseconds since 1970) passes. It runs again after every failure
 * that leaves the outcome open (a lost connection, a deadline, ABORTED, …), so it must be safe to repeat.
 */
export async function untilKnown<T>(
  transport: Transport,
  clock: { now(): number; random(): number },
  deadline: number,
  attempt: (attempts: Attempts) => Promise<T>,
): Promise<T> {
  let pause = FIRST_PAUSE_MS;
  let last: unknown;
  for (;;) {
    const left = deadline - clock.now();
    if (left <= 0) throw new StoreError("Datastore did not answer in time", { retryable: true, cause: last });
    const call: Attempts["call"] = (method, request) =>
      transport.call(method, request, Math.max(1, Math.min(ATTEMPT_MS, deadline - clock.now())));
    try {
      return await attempt({ call });
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      last = error;
      if (REJECTED.includes(error.status)) throw new StoreError("Datastore rejected the request", { retryable: false, cause: error });
      if (REFUSED.includes(error.status)) throw new StoreError("Datastore refused the service", { retryable: true, cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause * (1 - clock.random() / 2), Math.max(0, deadline - clock.now()))));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}
