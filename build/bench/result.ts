import { median, spread } from "../statistics.ts";

/** What a part of the bench found: a table, what of it is drawn, and how it stands against its budgets. */
export interface Result {
  readonly part: Part;
  readonly title: string;
  /** The first row names the columns. */
  readonly table: readonly (readonly string[])[];
  readonly charts: readonly Chart[];
  readonly budgets: readonly Budget[];
  /** Every figure by its name, for those who read results.json. */
  readonly figures: Readonly<Record<string, Figure>>;
  readonly notes: readonly string[];
}

export const PARTS = ["size", "cold", "load", "visitors", "scale", "reload", "soak"] as const;
export type Part = (typeof PARTS)[number];

/** A figure, from one run of it or several. */
export interface Figure {
  readonly value: number;
  readonly unit: string;
  /** How far its runs lie apart, as a share of it; 0 where they cannot differ. */
  readonly spread: number;
}

/** The median of several runs. */
export function figureOf(values: readonly number[], unit: string): Figure {
  return { value: median(values), unit, spread: spread(values) };
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly { readonly label: string; readonly value: number; readonly ours: boolean }[];
}

/** A goal, such as a ratio between two figures of the same run. */
export interface Budget {
  readonly name: string;
  readonly value: number;
  readonly goal: number;
  /** Whether the value must be at least or at most the goal. */
  readonly kind: "least" | "most";
}

export function least(name: string, value: number, goal: number): Budget {
  return { name, value, goal, kind: "least" };
}

export function most(name: string, value: number, goal: number): Budget {
  return { name, value, goal, kind: "most" };
}

/** Whether a budget is kept. */
export function kept({ value, goal, kind }: Budget): boolean {
  return kind === "least" ? value >= goal : value <= goal;
}
