import { createProgress } from "../progress.ts";
import { grouped, shortly } from "../statistics.ts";
import { datastorePerMillion } from "./cost.ts";
import { type Budget, type Chart, type Figure, most, type Result } from "./result.ts";
import type { Run } from "./run.ts";
import { compareAuto } from "./scale/auto-on-emulator.ts";
import { checkModel } from "./scale/check-model.ts";
import { measureOnEmulator } from "./scale/on-emulator.ts";
import { matrix, POINTS } from "./scale/points.ts";
import { type Outcome, type Point, SETTLED_S, simulate } from "./scale/simulate.ts";
import { BACK_S, troublesOfFew, troublesOfMany } from "./scale/troubles.ts";

const HEADER = ["simulated", "p50 ms", "p99 ms", "refused", "retries", "back after", "writes/visit", "reads/visit", "$ per million"];

/** Instances whose throughput in the model is compared with that on the emulator. */
const CHECKED = [1, 3];

/** Many instances on one page of a modelled Datastore, in virtual time; then few on the emulator. Every count is checked. */
export async function benchScale(run: Run): Promise<Result> {
  const points = run.options.full ? await allPoints() : POINTS;
  const progress = createProgress("scale", points.length);
  const rows: string[][] = [];
  const figures: Record<string, Figure> = {};
  const outcomes: { readonly point: Point; readonly outcome: Outcome; readonly dollars: number }[] = [];
  for (const point of points) {
    progress.step(point.name);
    const outcome = await simulate(point);
    const dollars = datastorePerMillion(outcome.visits, outcome.billed, point.behaviour.region);
    outcomes.push({ point, outcome, dollars });
    const row = rowOf(point, outcome, dollars);
    rows.push(row);
    if (run.options.full) progress.note(row.join(" | "));
    figures[`${point.name}: p99`] = { value: outcome.p99Ms, unit: "ms", spread: 0 };
    figures[`${point.name}: dollars`] = { value: dollars, unit: "$ per million", spread: 0 };
  }
  progress.end();
  const emulated = await measureOnEmulator(run);
  const auto = await compareAuto(run);
  const troubled = outcomes.filter(({ point }) => point.trouble).map(({ outcome }) => outcome.backAfterS);
  const budgets: Budget[] = [
    most("seconds from a trouble's end until the service is back", Math.max(...troubled), BACK_S),
    ...auto.budgets,
  ];
  for (const instances of run.emulator === null ? [] : CHECKED) {
    const { measured, simulated } = await checkModel(run.emulator ?? "", instances);
    figures[`model check: ${instances}`] = { value: simulated / measured, unit: "of the emulator's", spread: 0 };
    budgets.push(most(`${instances} in the model with the emulator's latencies, off by`, Math.abs(simulated / measured - 1), 0.2));
  }
  const chart = (title: string, unit: string, value: (one: (typeof outcomes)[number]) => number): Chart => ({
    title,
    unit,
    bars: outcomes.map((one) => ({ label: one.point.name, value: value(one), ours: true })),
  });
  return {
    part: "scale",
    title: "One page, in virtual time over a modelled Datastore",
    table: [HEADER, ...rows],
    charts: [
      chart(`Latency: 99 of 100 visits, from ${SETTLED_S} s after the rush or the trouble`, "ms", ({ outcome }) => outcome.p99Ms),
      chart("Datastore's bill", "$ per million visits", ({ dollars }) => dollars),
    ],
    budgets,
    figures: { ...figures, ...emulated.figures, ...auto.figures },
    notes: [...run.notes, ...emulated.notes, ...auto.notes],
  };
}

async function allPoints(): Promise<Point[]> {
  const progress = createProgress("scale", 0);
  const few = await troublesOfFew(progress.step);
  progress.end();
  return [...POINTS, ...matrix(), ...troublesOfMany(), ...few];
}

function rowOf({ name }: Point, outcome: Outcome, dollars: number): string[] {
  const { p50Ms, p99Ms, refused, retries, backAfterS, visits, billed } = outcome;
  const perVisit = (count: number) => (count / visits).toFixed(2);
  const counts = [shortly(p50Ms), shortly(p99Ms), grouped(refused), grouped(retries), `${backAfterS} s`];
  return [name, ...counts, perVisit(billed.writes), perVisit(billed.reads), `$${dollars.toFixed(2)}`];
}
