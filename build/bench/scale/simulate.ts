import type { Totals } from "../../../src/domain/store.ts";
import type { Shards } from "../../../src/stores/datastore/sharding.ts";
import { percentile } from "../../statistics.ts";
import { type Behaviour, type Billed, createDatastoreModel } from "./datastore-model.ts";
import { type Answer, DAY, type Fleet, openStore, pagesOf, SITE, startFleet } from "./fleet.ts";
import { createRandom } from "./random.ts";
import { inVirtualTime, type VirtualTime } from "./virtual-time.ts";

/** What is simulated: a rush of so many visits a second to one site. */
export interface Point {
  readonly name: string;
  readonly perSecond: number;
  readonly instances: number;
  readonly shards: Shards;
  readonly ids: boolean;
  /** Pages of the site (1 by default), and different visitors (none by default). */
  readonly pages?: number;
  readonly visitors?: number;
  readonly behaviour: Behaviour;
  /** Between these seconds after the rush began Datastore is out, or so many visits come. */
  readonly trouble: { readonly from: number; readonly to: number; readonly perSecond: number | "outage" } | null;
}

/** What came out, from {@link SETTLED_S} on. */
export interface Outcome {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** All visits that were refused or failed, and those of them since the service should be back. */
  readonly refused: number;
  readonly refusedLater: number;
  readonly retries: number;
  readonly visits: number;
  /** Of which so many a second were counted. */
  readonly perSecond: number;
  readonly billed: Billed;
  /** How long after the trouble (or the start) the last second is whose visits were slow or refused. */
  readonly backAfterS: number;
}

/** It is quiet before the rush, with few of the visits. */
const QUIET_S = 5;
const QUIET = 0.01;
/** How long visits come after the rush began or the trouble ended, and from when on they count: the service has so long to settle. */
const LENGTH_S = 15;
export const SETTLED_S = 10;
/** Visits in flight are answered at the latest after this. */
const LAST_ANSWER_S = 12;
/** A second is bad with a p99 above this, or with a visit refused. */
const SLOW_MS = 2_000;
const SEED = 2026;

/** Runs a point in virtual time. Throws where a count is not exact at its end. */
export function simulate(point: Point, seed = SEED): Promise<Outcome> {
  return inVirtualTime((time) => run(point, time, createRandom(seed)));
}

async function run(point: Point, time: VirtualTime, random: () => number): Promise<Outcome> {
  const { perSecond, trouble } = point;
  const { transport, billed, setOutage } = createDatastoreModel(point.behaviour, random);
  const fleet = startFleet({ ...point, transport, random });
  for (let ms = 0; ms < QUIET_S * 1_000; ms += 1) {
    fleet.work((perSecond / 1_000) * QUIET);
    await time.advance();
  }
  const begunAt = time.now();
  const troubleEnd = trouble?.to ?? 0;
  const seconds = troubleEnd + LENGTH_S;
  let billedBefore: Billed = { ...billed };

  const isRunning = (ms: number) => ms < seconds * 1_000 || (fleet.answers.length < fleet.sent && ms < (seconds + LAST_ANSWER_S) * 1_000);
  for (let ms = 0; isRunning(ms); ms += 1) {
    const isTrouble = trouble !== null && ms >= trouble.from * 1_000 && ms < trouble.to * 1_000;
    setOutage(isTrouble && trouble.perSecond === "outage");
    if (ms === (troubleEnd + SETTLED_S) * 1_000) billedBefore = { ...billed };
    const rate = isTrouble && trouble.perSecond !== "outage" ? trouble.perSecond : perSecond;
    fleet.work(ms < seconds * 1_000 ? rate / 1_000 : 0);
    await time.advance();
  }
  expectExact(point, fleet, await time.settle(openStore(transport, point.shards, random).totals(SITE, pagesOf(point.pages), DAY)));

  const settledAt = begunAt + (troubleEnd + SETTLED_S) * 1_000;
  const later = fleet.answers.filter(({ arrivedAt }) => arrivedAt >= settledAt);
  const latencies = later.map(({ arrivedAt, answeredAt }) => answeredAt - arrivedAt);
  const isRefused = ({ visits }: Answer) => visits === null;
  const refusedLater = later.filter(isRefused).length;
  return {
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    refused: fleet.answers.filter(isRefused).length,
    refusedLater,
    retries: fleet.retries,
    visits: later.length,
    perSecond: (later.length - refusedLater) / (LENGTH_S - SETTLED_S),
    billed: difference(billed, billedBefore),
    backAfterS: Math.max(0, lastBadSecond(fleet.answers, begunAt) - troubleEnd),
  };
}

/** Every visit is answered, and the count is that of the answers; where visits failed, at most those on top of it. */
function expectExact({ name, shards, pages = 1 }: Point, { answers, sent }: Fleet, totals: Totals): void {
  const wrong = (what: string) => new Error(`${name}: ${what}`);
  if (answers.length !== sent) throw wrong(`${sent} visits were sent, ${answers.length} answered`);
  const ofPages = totals.pages.reduce((sum, { visits }) => sum + visits, 0);
  const numbers = answers.flatMap(({ visits }) => visits ?? []);
  const stored = totals.site.visits;
  if (ofPages !== stored) throw wrong(`the pages have ${ofPages} visits, their site ${stored}`);
  if (stored < numbers.length || stored > sent) throw wrong(`${numbers.length} of ${sent} visits were answered, ${stored} stored`);
  if (shards === 1 && pages === 1 && new Set(numbers).size !== numbers.length) throw wrong("two visits have the same number");
}

function difference(after: Billed, before: Billed): Billed {
  return {
    commits: after.commits - before.commits,
    reads: after.reads - before.reads,
    writes: after.writes - before.writes,
    marks: after.marks - before.marks,
  };
}

/** The end of the last second in which a visit arrived that was refused, or more than one in a hundred that were slow; 0 without any. */
function lastBadSecond(answers: readonly Answer[], begunAt: number): number {
  const seconds = new Map<number, { all: number; slow: number; refused: number }>();
  for (const { arrivedAt, answeredAt, visits } of answers) {
    const second = Math.floor((arrivedAt - begunAt) / 1_000);
    const sum = seconds.get(second) ?? { all: 0, slow: 0, refused: 0 };
    seconds.set(second, sum);
    sum.all += 1;
    if (visits === null) sum.refused += 1;
    else if (answeredAt - arrivedAt > SLOW_MS) sum.slow += 1;
  }
  const bad = [...seconds].filter(([, { all, slow, refused }]) => refused > 0 || slow > all / 100);
  return Math.max(0, ...bad.map(([second]) => second + 1));
}
