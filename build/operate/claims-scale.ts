import { ok } from "node:assert/strict";
import { commitAlone } from "../../src/stores/datastore/transaction.ts";
import { isStatus } from "../../src/stores/datastore/transport.ts";
import { median } from "../statistics.ts";
import { add, countersOf, type Database, type DatastoreClaim, lookup } from "./claims-database.ts";

const TIMES = 50;
/** Of the medians in bench/scale/latency.ts, the larger difference: in a multi-region. */
const LONGER_MS = 40;
const WRITERS = 10;
/** The shortest lock wait that is simulated. */
const LOCK_WAIT_MS = 500;
const notOnEmulator = "its delays are not production's";

/** What the simulation of `npm run bench -- scale` leans on and no document says. */
export const scaleClaims: readonly DatastoreClaim[] = [
  {
    title: `a commit takes at most ${LONGER_MS} ms longer than a look-up (medians of ${TIMES})`,
    notOnEmulator,
    async run(database) {
      const commitMs = await medianOf(() => count(database, "/alone"));
      const lookupMs = await medianOf(() => lookup(database, countersOf(database, "/alone")));
      ok(commitMs - lookupMs <= LONGER_MS, `a commit takes ${commitMs} ms, a look-up ${lookupMs}`);
    },
  },
  {
    title: `${WRITERS} commits to one counter at once take no longer than in turn, and none is ABORTED within ${LOCK_WAIT_MS} ms`,
    notOnEmulator,
    async run(database) {
      const inTurn = WRITERS * (await medianOf(() => count(database, "/crowd")));
      const begun = performance.now();
      await Promise.all(
        Array.from({ length: WRITERS }, () =>
          count(database, "/crowd").catch((error: unknown) => {
            ok(isStatus(error, "ABORTED"), String(error));
            ok(performance.now() - begun >= LOCK_WAIT_MS, "it was ABORTED before");
          }),
        ),
      );
      const atOnce = performance.now() - begun;
      ok(atOnce <= inTurn, `at once ${atOnce} ms, in turn ${inTurn}`);
    },
  },
];

const count = (database: Database, page: string) => commitAlone(database, add(database, page, 1, {}));

/** How long an act takes, in milliseconds, once its connection is there. */
async function medianOf(act: () => Promise<unknown>): Promise<number> {
  await act();
  const took: number[] = [];
  for (let times = 0; times < TIMES; times += 1) {
    const begun = performance.now();
    await act();
    took.push(performance.now() - begun);
  }
  return median(took);
}
