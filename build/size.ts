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
}

/** Scripts and styles, and no source map. */
const MEASURED = /\.(?:c?js|css)$/;

/** Measures a product's scripts and styles; `root` is the project's folder. */
export async function measure({ outputs }: Metafile, root = ROOT): Promise<Sized[]> {
  const measured = Object.keys(outputs).filter((file) => MEASURED.test(file));
  return Promise.all(
    measured.map(async (file) => {
      const bytes = await readFile(join(root, file));
      const gzip = gzipSync(bytes, { level: 9 }).length;
      return { file, raw: bytes.length, gzip, brotli: brotliCompressSync(bytes).length };
    }),
  );
}

/** A table for a terminal: the first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, index) => Math.max(most[index] ?? 0, cell.length)), []);
  const line = (row: readonly string[]) =>
    row.map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0))).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

/** Where esbuild's account of a product is kept. */
export function metaFile(product: string, dist = DIST): string {
  return join(dist, "meta", `${product}.json`);
}

/** The bytes that a user loads; of the files of `oneOf` only the largest. */
export function countedSize(files: readonly Sized[], oneOf?: RegExp): number {
  const [some, all] = [files.filter(({ file }) => oneOf?.test(file)), files.filter(({ file }) => !oneOf?.test(file))];
  return all.reduce((sum, { gzip }) => sum + gzip, Math.max(0, ...some.map(({ gzip }) => gzip)));
}
