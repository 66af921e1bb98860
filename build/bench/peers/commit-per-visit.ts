import { NO_COUNT, numbersOf } from "../../../src/domain/numbers.ts";
import { ID_LIFETIME_MS, type Recorder } from "../../../src/domain/recorder.ts";
import type { Store } from "../../../src/domain/store.ts";

const DEADLINE_MS = 8_000;

/** Every visit is a batch of its own: exact as Footfall is, but each waits for the same entities. */
export function createRecorder({ store, now, newId }: { store: Pick<Store, "commit">; now: () => number; newId: () => string }): Recorder {
  return {
    async record(site, visit) {
      const batch = { id: newId(), site, visits: [visit], expireAt: now() + ID_LIFETIME_MS };
      const { site: whole, pages } = await store.commit(batch, now() + DEADLINE_MS);
      return { status: "counted", ...numbersOf(whole, pages[visit.page] ?? NO_COUNT, visit.day) };
    },
    drain: async () => {},
  };
}
