import type { Numbers } from "./numbers.ts";
import type { Visit } from "./store.ts";

/**
 * The result of a visit. Numbers are those right after it (`counted`) or the current ones (`duplicate`). `conflict`: its id
 * counted another page, which is named. `shed`: the instance is overloaded and did not accept it.
 */
export type Outcome =
  | ({ readonly status: "counted" | "duplicate" } & Numbers)
  | { readonly status: "conflict"; readonly counted: string }
  | { readonly status: "shed" };

/** The outcome of a visit that was not accepted. */
export const SHED: Outcome = { status: "shed" };

/** Tells a waiting visit to lead the next batch. */
export const LEAD = Symbol("lead");

/** Tells a waiting visit that its time is over. */
export const LATE = Symbol("late");

/** An accepted visit. Its `turn` resolves once: with its outcome, or with {@link LEAD} or {@link LATE}. */
export class Pending {
  readonly visit: Visit;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
  readonly turn = Promise.withResolvers<Outcome | typeof LEAD | typeof LATE>();
  #duplicates: PromiseWithResolvers<Outcome> | undefined;
  #result: (() => Outcome) | undefined;

  constructor(visit: Visit, acceptedAt: number) {
    this.visit = visit;
    this.acceptedAt = acceptedAt;
  }

  /** The outcome for duplicates: visits that arrive with the same id before this one is settled. */
  get duplicate(): Promise<Outcome> {
    this.#duplicates ??= Promise.withResolvers();
    return this.#duplicates.promise;
  }

  /** The outcome, or throws the failure. For the leader, whose `turn` resolved with {@link LEAD}, once the batch is settled. */
  result(): Outcome {
    if (!this.#result) throw new Error("The visit is not settled.");
    return this.#result();
  }

  settle(outcome: Outcome): void {
    this.#result = () => outcome;
    this.turn.resolve(outcome);
    this.#duplicates?.resolve(outcome.status === "counted" ? { ...outcome, status: "duplicate" } : outcome);
  }

  fail(error: unknown): void {
    this.#result = () => {
      throw error;
    };
    this.turn.reject(error);
    this.#duplicates?.reject(error);
  }
}
