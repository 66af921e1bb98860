import type { Shards } from "../../../src/stores/datastore/sharding.ts";
import { grouped } from "../../statistics.ts";
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
  readonly pages?: number;
  readonly visitors?: number;
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
  point("2,000 visitors", { perSecond: 1_000, instances: 10, shards: "auto", visitors: 2_000 }),
  point("ids, 20 pages", { perSecond: 1_000, instances: 10, shards: "auto", ids: true, pages: 20, behaviour: { splits: 20 } }),
  point("outage", { perSecond: 1_000, instances: 10, shards: "auto", trouble: OUTAGE }),
  point("outage", { perSecond: 3_000, instances: 50, shards: "auto", trouble: OUTAGE }),
  point("burst", { perSecond: 5_000, instances: 10, shards: "auto", trouble: BURST }),
];

/** Ways in which Datastore may behave, each with the shards that it is tried with. */
const WAYS: readonly (Pick<Choice, "ids" | "behaviour"> & { readonly name: string; readonly shards: readonly Shards[] })[] = [
  { name: "", shards: [1, "auto"] },
  { name: "hold 10 ms", shards: ["auto"], behaviour: { holdMs: 10 } },
  { name: "multi-region", shards: [1, "auto"], behaviour: { region: "multi" } },
  ...[1, 20, 400].map(
    (splits) => ({ name: splits === 1 ? "ids" : `ids over ${splits} splits`, shards: ["auto"], ids: true, behaviour: { splits } }) as const,
  ),
];

/** What `bench scale --full` simulates as well: every load, number of instances and way. */
export function matrix(): Point[] {
  const points = [1, 10, 100, 1_000, 10_000].flatMap((perSecond) =>
    [1, 10, 100]
      .filter((instances) => perSecond / instances >= 0.25 && perSecond / instances <= 1_000)
      .flatMap((instances) =>
        WAYS.flatMap(({ name, shards, ...way }) => shards.map((one) => point(name, { ...way, perSecond, instances, shards: one }))),
      ),
  );
  return points.filter(({ name }) => POINTS.every((one) => one.name !== name));
}

/** A point, and what it is called: its load, its instances and shards, and what else is told of it. */
export function point(name: string, { behaviour, ids = false, trouble = null, ...choice }: Choice): Point {
  const { perSecond, instances, shards } = choice;
  const words = [`${grouped(perSecond)}/s`, instances === 1 ? "1 instance" : `${instances} instances`, `SHARDS=${shards}`, name];
  return { ...choice, ids, trouble, name: words.filter(Boolean).join(", "), behaviour: { ...BEHAVIOUR, ...behaviour } };
}
