import type { Observation } from "../observe.ts";
import { type Earlier, LEAST_PAIRS } from "./against.ts";
import type { Answers } from "./load-tool.ts";

/** One thing that is measured, in so many rounds; or once, after all others, as the emulator is busy with what it leaves behind. */
export interface Point {
  readonly subject: string;
  readonly connections: number;
  readonly ids: boolean;
  readonly rounds: number;
  readonly last?: boolean;
}

/** One measurement of a point: what the load tool got, what the server saw, and what the store says afterwards. */
export interface Sample extends Answers, Observation {
  readonly stored: number;
  readonly emulatorCpuMs: number;
}

export interface Measured extends Point {
  readonly samples: Sample[];
}

/** How a point is called in tables and figures. */
export function nameOf({ subject, connections, ids }: Point): string {
  return `${subject}, ${connections}${ids ? ", ids" : ""}`;
}

/** The name of a subject in another commit. */
export function subjectAt({ commit }: Earlier, subject: string): string {
  return subject.replace("footfall", commit);
}

const ALL_CONNECTIONS = [64, 256, 512];
/** What is compared with another commit. */
const COMPARED = ["footfall, 64", "footfall, 256", "footfall, 256, ids", "footfall on SQLite, 64"];

/** What is measured, in this order; a point and its like in another commit are neighbours. */
export function planLoad(earlier: Earlier | null, rounds: number): Point[] {
  const at = (subject: string, connections: readonly number[], ids = false): Point[] =>
    connections.map((count) => ({ subject, connections: count, ids, rounds }));
  const points = [
    ...at("Hono alone", [64, 256]),
    ...at("no-op", ALL_CONNECTIONS),
    ...at("footfall", ALL_CONNECTIONS),
    ...at("footfall", ALL_CONNECTIONS, true),
    ...at("footfall on SQLite", [64]),
    ...at("commit per visit", [256]),
    ...[...at("read, then put", [64]), ...at("transaction per visit", [64])].map((point) => ({ ...point, rounds: 1, last: true })),
  ];
  if (earlier === null) return points;
  return points.flatMap((point) => {
    if (!COMPARED.includes(nameOf(point))) return [point];
    const ours = { ...point, rounds: Math.max(rounds, LEAST_PAIRS) };
    return [ours, { ...ours, subject: subjectAt(earlier, point.subject) }];
  });
}
