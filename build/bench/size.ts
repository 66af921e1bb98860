import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Metafile } from "esbuild";
import { IMAGE_FILE, type Image } from "../image.ts";
import { products } from "../products.ts";
import { countedSize, measure, metaFile, type Sized } from "../size.ts";
import { grouped } from "../statistics.ts";
import type { Earlier } from "./against.ts";
import { type Budget, most, type Result } from "./result.ts";
import type { Run } from "./run.ts";

/** Packages that make less than this share of an output are left out. */
const SHOWN_SHARE = 0.01;
/** The most that the image may add to Node and its libraries. */
const IMAGE_BYTES = 6 * 1_024 * 1_024;

/** What each output is made of, as esbuild tells, and what it weighs. */
export async function benchSize({ earlier }: Run): Promise<Result> {
  const rows: string[][] = [];
  const bars: Result["charts"][number]["bars"][number][] = [];
  const budgets: Budget[] = [];
  for (const { name, budget, oneOf } of products) {
    const metafile: Metafile = JSON.parse(await readFile(metaFile(name), "utf8"));
    const files = await measure(metafile);
    const gzip = sumOf(files, "gzip");
    const parts = byPackage(metafile, files);
    const source = parts.reduce((sum, part) => sum + part.source, 0);
    const before = earlier ? [await gzipOf(name, earlier)] : [];
    rows.push([name, ...[source, sumOf(files, "raw"), gzip, sumOf(files, "brotli"), ...before].map(grouped)]);
    const all = parts.reduce((sum, part) => sum + part.minified, 0);
    const shown = parts.filter(({ minified }) => minified >= all * SHOWN_SHARE).sort((a, b) => b.minified - a.minified);
    rows.push(...shown.map((part) => [`  ${part.name}`, grouped(part.source), grouped(part.minified), "", "", ...before.map(() => "")]));
    bars.push({ label: name, value: gzip, ours: true });
    budgets.push(most(`${name}, bytes after gzip`, countedSize(files, oneOf), budget));
  }
  const image = await imageByFolder();
  return {
    part: "size",
    title: "What is built, by package",
    table: [["", "source", "minified", "gzip", "brotli", ...(earlier ? [`gzip in ${earlier.commit}`] : [])], ...rows, ...image.rows],
    charts: [{ title: "Built, after gzip", unit: "bytes", bars }],
    budgets: [...budgets, ...image.budgets],
    figures: Object.fromEntries(bars.map(({ label, value }) => [`${label}, gzip`, { value, unit: "bytes", spread: 0 }])),
    notes: image.notes,
  };
}

function sumOf(files: readonly Sized[], of: "raw" | "gzip" | "brotli"): number {
  return files.reduce((sum, file) => sum + file[of], 0);
}

/** What a product weighs in another build; `NaN` where that has none of its name. */
async function gzipOf(product: string, { dist }: Earlier): Promise<number> {
  const text = await readFile(metaFile(product, dist), "utf8").catch(() => null);
  return text === null ? Number.NaN : sumOf(await measure(JSON.parse(text), dirname(dist)), "gzip");
}

/** The packages in some outputs. */
function byPackage({ inputs, outputs }: Metafile, files: readonly Sized[]): { name: string; source: number; minified: number }[] {
  const packages = new Map<string, { name: string; source: number; minified: number }>();
  const sources = new Set<string>();
  for (const [path, { bytesInOutput }] of files.flatMap(({ file }) => Object.entries(outputs[file]?.inputs ?? {}))) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? "footfall";
    const size = packages.get(name) ?? { name, source: 0, minified: 0 };
    packages.set(name, size);
    size.minified += bytesInOutput;
    // Several outputs may have a part of one source.
    if (!sources.has(path)) size.source += inputs[path]?.bytes ?? 0;
    sources.add(path);
  }
  return [...packages.values()];
}

/** The image's parts, where one was built here. */
async function imageByFolder(): Promise<{ rows: string[][]; budgets: Budget[]; notes: string[] }> {
  const text = await readFile(IMAGE_FILE, "utf8").catch(() => null);
  if (text === null) return { rows: [], budgets: [], notes: ["No image was built here; npm test builds one where buildah is."] };
  const { node, libraries, added }: Image = JSON.parse(text);
  const sum = Object.values(added).reduce((total, size) => total + size, 0);
  const sizes = { image: node + libraries + sum, "  node": node, "  its system libraries": libraries };
  const parts = Object.entries(added).map(([name, size]) => [`  ${name}`, size] as const);
  return {
    rows: [...Object.entries(sizes), ...parts].map(([name, size]) => [name, "", grouped(size), "", ""]),
    budgets: [most("image beyond Node and its libraries, bytes", sum, IMAGE_BYTES)],
    notes: [],
  };
}
