import type { Receipt, Visit } from "./store.ts";

/** What became of a visit. Totals are those after it (`counted`), or the current ones. `shed`: there was no room, it was not taken on. */
export type Outcome =
  | { readonly status: "counted" | "duplicate"; readonly visits: number; readonly siteVisits: number }
  | { readonly status: "conflict" }
  | { readonly status: "shed" };

/** There was no room for a visit. */
export const SHED: Outcome = { status: "shed" };

/** Says to a visit that it leads the next batch. */
export const LEAD = Symbol("lead");

/** Says to a visit that its turn did not come in time. */
export const LATE = Symbol("late");

/** A visit that waits for its turn to lead, or for its outcome. */
export class Pending {
  readonly visit: Visit;
  readonly acceptedAt: number;
  readonly turn = Promise.withResolvers<Outcome | typeof LEAD | typeof LATE>();
  #repeats: PromiseWithResolvers<Outcome> | undefined;
  /** Once it is settled: answers the outcome, or throws why there is none, for the leader, whose turn was another one. */
  result!: () => Outcome;

  constructor(visit: Visit, acceptedAt: number) {
    this.visit = visit;
    this.acceptedAt = acceptedAt;
  }

  /** The outcome for another send of the same id. */
  get repeat(): Promise<Outcome> {
    this.#repeats ??= Promise.withResolvers();
    return this.#repeats.promise;
  }

  settle(outcome: Outcome): void {
    this.result = () => outcome;
    this.turn.resolve(outcome);
    this.#repeats?.resolve(outcome.status === "counted" ? { ...outcome, status: "duplicate" } : outcome);
  }

  fail(error: unknown): void {
    this.result = () => {
      throw error;
    };
    this.turn.reject(error);
    this.#repeats?.reject(error);
  }
}

/** Numbers the counted visits: the last one has the total, each before it one less. */
export function settle(members: readonly Pending[], receipt: Receipt): void {
  let siteVisits = receipt.siteVisits;
  const visits: Record<string, number> = { ...receipt.visits };
  for (let index = members.length - 1; index >= 0; index -= 1) {
    const member = members[index];
    if (!member) continue;
    const { page } = member.visit;
    const refused = receipt.refused[index];
    if (refused === "conflict") member.settle({ status: "conflict" });
    else if (refused) member.settle({ status: "duplicate", visits: receipt.visits[page] ?? 0, siteVisits: receipt.siteVisits });
    else {
      const number = visits[page] ?? 0;
      member.settle({ status: "counted", visits: number, siteVisits });
      visits[page] = number - 1;
      siteVisits -= 1;
    }
  }
}
