import type { Meter } from "./meter.ts";
import { NO_COUNT, numbersOf, withoutVisit } from "./numbers.ts";
import type { Pending } from "./pending.ts";
import { type Batch, type Receipt, type Store, StoreError, type Visit } from "./store.ts";

/**
 * A function that commits visits of a site as one batch until `deadline` (milliseconds since 1970) and settles each of them; it never
 * throws. A batch that the store refuses for good is halved until only the visit at fault fails.
 */
export function createBatchCommit(options: {
  store: Pick<Store, "commit">;
  newBatch: (site: string, visits: readonly Visit[]) => Batch;
  now: () => number;
  meter?: Meter;
}): (site: string, members: readonly Pending[], deadline: number) => Promise<void> {
  const { store, newBatch, now, meter } = options;
  const onRetry = (): void => meter?.add("retries");

  function measure(visits: number, ms: number): void {
    meter?.add("batches");
    meter?.add("batchVisits", visits);
    meter?.peak("batchVisitsMax", visits);
    meter?.add("commitMs", ms);
    meter?.peak("commitMsMax", ms);
  }

  return async function commit(site, members, deadline) {
    const batch = newBatch(
      site,
      members.map((member) => member.visit),
    );
    const begunAt = now();
    try {
      settle(members, await store.commit(batch, deadline, onRetry));
      measure(members.length, now() - begunAt);
    } catch (error) {
      const half = members.length >> 1;
      if (half === 0 || !(error instanceof StoreError) || error.retryable) {
        meter?.add("unknown");
        for (const member of members) member.fail(error);
        return;
      }
      await commit(site, members.slice(0, half), deadline);
      await commit(site, members.slice(half), deadline);
    }
  };
}

/**
 * Settles every visit of a batch. A receipt has the numbers after the whole batch, so counted visits are numbered from behind: the last
 * one has the total, each before it one less.
 */
function settle(members: readonly Pending[], { site: siteAfter, pages: pagesAfter, refused }: Receipt): void {
  let site = siteAfter;
  const pages = new Map(Object.entries(pagesAfter));
  for (let index = members.length - 1; index >= 0; index -= 1) {
    const member = members[index];
    if (!member) continue;
    const { page, day } = member.visit;
    const counted = refused[index];
    if (counted === page) member.settle({ status: "duplicate", ...numbersOf(siteAfter, pagesAfter[page] ?? NO_COUNT, day) });
    else if (counted !== undefined) member.settle({ status: "conflict", counted });
    else {
      const count = pages.get(page) ?? NO_COUNT;
      member.settle({ status: "counted", ...numbersOf(site, count, day) });
      pages.set(page, withoutVisit(count, day));
      site = withoutVisit(site, day);
    }
  }
}
