import { readFile } from "node:fs/promises";
import type { Metafile } from "esbuild";
import { products } from "../products.ts";
import { bytes, measure, metaFile, type Sized } from "../size.ts";
import { imageByFolder } from "./image.ts";
import type { Result } from "./result.ts";

/** Packages that make less than this share of an output are summed up. */
const SHOWN_SHARE = 0.01;

/** What each output is made of, as esbuild tells, and what it weighs. */
export async function benchSize(): Promise<Result> {
  const rows: string[][] = [];
  const bars: { label: string; value: number; ours: boolean }[] = [];
  const figures: Record<string, { value: number; unit: string; spread: number }> = {};
  const budgets: Result["budgets"][number][] = [];
  for (const { name, budget } of products) {
    const metafile: Metafile = JSON.parse(await readFile(metaFile(name), "utf8"));
    const files = await measure(metafile);
    const sum = (of: keyof Pick<Sized, "raw" | "gzip" | "brotli">) => files.reduce((total, file) => total + file[of], 0);
    rows.push([name, bytes(sourceBytes(metafile, files)), bytes(sum("raw")), bytes(sum("gzip")), bytes(sum("brotli"))]);
    for (const [title, { source, minified }] of byPackage(metafile, files))
      rows.push([`  ${title}`, bytes(source), bytes(minified), "", ""]);
    bars.push({ label: name, value: sum("gzip"), ours: true });
    figures[`${name}, gzip`] = { value: sum("gzip"), unit: "bytes", spread: 0 };
    budgets.push({ name: `${name}, bytes after gzip`, value: sum("gzip"), goal: budget, kind: "most" });
  }
  const image = await imageByFolder();
  return {
    part: "size",
    title: "What is built, by package",
    table: [["", "source", "minified", "gzip", "brotli"], ...rows, ...image.rows],
    charts: [{ title: "Built, after gzip", unit: "bytes", bars }],
    budgets: [...budgets, ...image.budgets],
    figures,
    notes: image.notes,
  };
}

function sourceBytes({ inputs, outputs }: Metafile, files: readonly Sized[]): number {
  const sources = new Set(files.flatMap(({ file }) => Object.keys(outputs[file]?.inputs ?? {})));
  return [...sources].reduce((sum, source) => sum + (inputs[source]?.bytes ?? 0), 0);
}

/** The packages of some outputs, the largest first. */
function byPackage({ inputs, outputs }: Metafile, files: readonly Sized[]): [string, { source: number; minified: number }][] {
  const packages = new Map<string, { source: number; minified: number }>();
  let all = 0;
  for (const { file } of files) {
    for (const [path, { bytesInOutput }] of Object.entries(outputs[file]?.inputs ?? {})) {
      const name = packageOf(path);
      const size = packages.get(name) ?? { source: 0, minified: 0 };
      size.source += inputs[path]?.bytes ?? 0;
      size.minified += bytesInOutput;
      all += bytesInOutput;
      packages.set(name, size);
    }
  }
  return [...packages].filter(([, { minified }]) => minified >= all * SHOWN_SHARE).sort(([, a], [, b]) => b.minified - a.minified);
}

function packageOf(path: string): string {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
  return name ?? "footfall";
}
