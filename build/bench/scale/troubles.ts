import { BEHAVIOUR, point } from "./points.ts";
import { type Point, simulate } from "./simulate.ts";

/** Within so many seconds of its end a trouble must be over, where the steady load is at most this part of the capacity. */
export const BACK_S = 10;
const STEADY = 0.7;
const BURST = 3;
/** Visits a second of one instance that fill it: its CPU does 7,700, but 400 visits are in flight and wait for a commit. */
const SATURATING = 7_000;
/** In steps of this share the load falls until nothing is refused. */
const STEP = 0.9;

/** How long Datastore lets a commit wait for others before it aborts it is not known: short, as assumed elsewhere, or for ever. */
const LOCK_WAITS_MS = [500, 2_000, 10_000];
const REGIONS = ["one", "multi"] as const;
/** A trouble must find the shards open, where they are to be opened at all. */
const FROM_S = 10;
const OUTAGE_S = 5;
/** What comes in a burst is simulated visit for visit. */
const BURST_S = 2;

/** A load, without its trouble. */
type Load = Omit<Point, "name" | "trouble">;

/** An outage and a burst wherever instances wait for each other: many of them with few visits each. */
export function troublesOfMany(): Point[] {
  return REGIONS.flatMap((region) =>
    LOCK_WAITS_MS.flatMap((lockWaitMs) =>
      [10, 50, 100].flatMap((instances) => {
        const load = {
          perSecond: 100 * instances,
          instances,
          shards: "auto",
          ids: false,
          behaviour: { ...BEHAVIOUR, region, lockWaitMs },
        } as const;
        return troubles(load, SATURATING * instances);
      }),
    ),
  );
}

/** The same at 70 % of what few instances take, which is found by trying. */
export async function troublesOfFew(step: (what: string) => void): Promise<Point[]> {
  const points: Point[] = [];
  for (const shards of [1, "auto"] as const) {
    for (const region of REGIONS) {
      for (const instances of [1, 4, 10]) {
        const load = { instances, shards, ids: false, behaviour: { ...BEHAVIOUR, region } };
        step(`the capacity of ${instances}, ${region} region, SHARDS=${shards}`);
        const capacity = await capacityOf(load);
        points.push(...troubles({ ...load, perSecond: Math.floor(STEADY * capacity) }, BURST * capacity));
      }
    }
  }
  return points;
}

function troubles(load: Load, burst: number): Point[] {
  const { region, lockWaitMs } = load.behaviour;
  const where = `${region === "multi" ? "multi-region, " : ""}aborted after ${lockWaitMs / 1_000} s`;
  return [
    point(`${where}, outage`, { ...load, trouble: { from: FROM_S, to: FROM_S + OUTAGE_S, perSecond: "outage" } }),
    point(`${where}, burst`, { ...load, trouble: { from: FROM_S, to: FROM_S + BURST_S, perSecond: burst } }),
  ];
}

/** The most visits a second of which none is refused at last. */
async function capacityOf(load: Omit<Load, "perSecond">): Promise<number> {
  const at = (perSecond: number) => simulate({ ...load, name: `${perSecond}/s`, perSecond, trouble: null });
  const full = await at(SATURATING * load.instances);
  for (let perSecond = Math.floor(full.perSecond); ; perSecond = Math.floor(perSecond * STEP)) {
    if ((await at(perSecond)).refusedLater === 0) return perSecond;
  }
}
