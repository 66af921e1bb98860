import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DIST } from "../root.ts";
import { table } from "../size.ts";
import { shortly } from "../statistics.ts";
import type { Machine } from "./machine.ts";
import { page } from "./page.ts";
import { type Budget, kept, PARTS, type Result } from "./result.ts";

/** What `results.json` holds: of each part the latest run. */
export interface Saved {
  readonly runs: readonly { readonly machine: Machine; readonly result: Result }[];
}

const FOLDER = join(DIST, "bench");
const JSON_FILE = join(FOLDER, "results.json");
const PAGE_FILE = join(FOLDER, "report.html");

/** Prints a part's table, its budgets and its notes. */
export function print(result: Result): void {
  console.log(`\n${result.title}\n\n${table(result.table)}`);
  if (result.budgets.length > 0) console.log(`\n${table(budgetTable(result.budgets))}`);
  for (const note of result.notes) console.log(`\n${note}`);
}

/** Budgets as a table, with whether each is kept. */
export function budgetTable(budgets: readonly Budget[]): string[][] {
  const rows = budgets.map((budget) => {
    const { name, value, goal, kind } = budget;
    return [name, shortly(value), `${kind === "least" ? "≥" : "≤"} ${goal}`, kept(budget) ? "ok" : "short"];
  });
  return [["budget", "value", "goal", ""], ...rows];
}

/** Writes the JSON file and the page; parts that were not measured now stay from the last run. Answers the files. */
export async function save(machine: Machine, results: readonly Result[]): Promise<string[]> {
  const before = await readSaved();
  const fresh = results.map((result) => ({ machine, result }));
  const old = before.runs.filter(({ result }) => !results.some(({ part }) => part === result.part));
  const runs = [...fresh, ...old].sort((a, b) => PARTS.indexOf(a.result.part) - PARTS.indexOf(b.result.part));
  await mkdir(FOLDER, { recursive: true });
  await writeFile(JSON_FILE, `${JSON.stringify({ runs }, null, 2)}\n`);
  await writeFile(PAGE_FILE, page({ runs }));
  return [JSON_FILE, PAGE_FILE];
}

async function readSaved(): Promise<Saved> {
  try {
    return JSON.parse(await readFile(JSON_FILE, "utf8"));
  } catch {
    return { runs: [] };
  }
}
