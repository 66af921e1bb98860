import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Metafile } from "esbuild";
import { DIST, ROOT } from "./root.ts";

/** A built file, and its sizes in bytes. */
export interface Sized {
  readonly file: string;
  readonly raw: number;
  readonly gzip: number;
  readonly brotli: number;
  /** It is not needed for the product's first answer. */
  readonly later: boolean;
}

/** Measures a product's scripts and styles; `lazy` is where the sources begin whose chunks are loaded later, `root` the project's folder. */
export async function measure(metafile: Metafile, lazy: string | undefined, root = ROOT): Promise<Sized[]> {
  const measured = Object.keys(metafile.outputs).filter(isMeasured);
  const first = neededFirst(metafile, lazy);
  return Promise.all(
    measured.map(async (file) => {
      const bytes = await readFile(join(root, file));
      const gzip = gzipSync(bytes, { level: 9 }).length;
      return { file, raw: bytes.length, gzip, brotli: brotliCompressSync(bytes).length, later: !first.has(file) };
    }),
  );
}

/** Whether an output is a script, and no source map. */
export function isScript(file: string): boolean {
  return /\.m?js$/.test(file);
}

function isMeasured(file: string): boolean {
  return isScript(file) || file.endsWith(".css");
}

/** The entry, and all that it imports, statically or not, but for the chunks of `lazy` sources. */
export function neededFirst({ outputs }: Metafile, lazy: string | undefined): Set<string> {
  const isLazy = (entry = "") => lazy !== undefined && entry.startsWith(lazy);
  const imported = new Set(Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path)));
  const waiting = Object.keys(outputs).filter((file) => !imported.has(file) && isMeasured(file));
  const found = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const output = outputs[file];
    if (!output || found.has(file) || isLazy(output.entryPoint)) continue;
    found.add(file);
    waiting.push(...output.imports.filter(({ external }) => !external).map(({ path }) => path));
  }
  return found;
}

/** A table for a terminal: the first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, index) => Math.max(most[index] ?? 0, cell.length)), []);
  const line = (row: readonly string[]) =>
    row.map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0))).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

/** A number of bytes with thousands apart. */
export function bytes(count: number): string {
  return count.toLocaleString("en-US");
}

/** Where esbuild's account of a product is kept. */
export function metaFile(product: string, dist = DIST): string {
  return join(dist, "meta", `${product}.json`);
}
