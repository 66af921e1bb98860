import type { Shards } from "../../../src/stores/datastore/sharding.ts";
import type { Behaviour } from "./datastore-model.ts";
import type { Point } from "./simulate.ts";

/**
 * Datastore in one region, as bad as its documents allow: writers of an entity wait for each other's whole commits, and one commit in a
 * thousand is applied although its caller is told ABORTED. After how long a waiter is aborted nobody says.
 */
export const BEHAVIOUR: Behaviour = {
  region: "one",
  holdMs: "commit",
  lockWaitMs: 2_000,
  splits: 1,
  hidden: 0.001,
  marksPerSecond: Number.POSITIVE_INFINITY,
};

/** Without chance faults two points can be compared to the last digit. */
const FAULTLESS = { hidden: 0 };
const OUTAGE = { from: 10, to: 15, perSecond: "outage" } as const;
/** Three times what one shard takes in batches of 400. */
const BURST = { from: 10, to: 15, perSecond: 54_000 } as const;

interface Choice {
  readonly perSecond: number;
  readonly instances: number;
  readonly shards: Shards;
  readonly ids?: boolean;
  readonly behaviour?: Partial<Behaviour>;
  readonly trouble?: Point["trouble"];
}

/** What `bench scale` simulates. */
export const POINTS: readonly Point[] = [
  point("", { perSecond: 1, instances: 1, shards: "auto" }),
  point("", { perSecond: 100, instances: 4, shards: 1, behaviour: FAULTLESS }),
  point("", { perSecond: 100, instances: 4, shards: "auto", behaviour: FAULTLESS }),
  point("", { perSecond: 1_000, instances: 10, shards: "auto" }),
  point("", { perSecond: 10_000, instances: 100, shards: 1 }),
  point("", { perSecond: 10_000, instances: 100, shards: "auto" }),
  point("hold 10 ms", { perSecond: 10_000, instances: 100, shards: "auto", behaviour: { holdMs: 10 } }),
  point("ids", { perSecond: 5_000, instances: 100, shards: "auto", ids: true, behaviour: { splits: 20 } }),
  point("multi-region", { perSecond: 10_000, instances: 100, shards: "auto", behaviour: { region: "multi" } }),
  point("outage", { perSecond: 1_000, instances: 10, shards: "auto", trouble: OUTAGE }),
  point("outage", { perSecond: 3_000, instances: 50, shards: "auto", trouble: OUTAGE }),
  point("burst", { perSecond: 5_000, instances: 10, shards: "auto", trouble: BURST }),
];

/** What `bench scale --full` simulates: the matrix. */
export function matrix(): Point[] {
  const points: Point[] = [];
  for (const perSecond of [1, 10, 100, 1_000, 10_000]) {
    for (const instances of [1, 4, 10, 30, 100].filter((count) => perSecond / count >= 0.25 && perSecond / count <= 1_000)) {
      for (const shards of [1, 4, 16, "auto"] as const) {
        for (const region of ["one", "multi"] as const) {
          for (const holdMs of ["commit", 10] as const) {
            for (const splits of [0, 1, 20, 100, 400]) {
              const behaviour = { region, holdMs, splits: Math.max(1, splits) };
              const name = `${region === "one" ? "" : "multi-region, "}${holdMs === "commit" ? "" : "hold 10 ms, "}${splits ? `ids over ${splits} splits` : "no ids"}`;
              points.push(point(name, { perSecond, instances, shards, ids: splits > 0, behaviour }));
            }
          }
        }
      }
    }
  }
  return points;
}

function point(name: string, { behaviour, ids = false, trouble = null, ...choice }: Choice): Point {
  const { perSecond, instances, shards } = choice;
  const words = [
    `${perSecond.toLocaleString("en-US")}/s`,
    instances === 1 ? "1 instance" : `${instances} instances`,
    `SHARDS=${shards}`,
    name,
  ];
  return { ...choice, ids, trouble, name: words.filter(Boolean).join(", "), behaviour: { ...BEHAVIOUR, ...behaviour } };
}
