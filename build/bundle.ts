import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type BuildFailure, build, formatMessages, type Metafile } from "esbuild";
import { finishAssets } from "./assets.ts";
import { writeCodeCache } from "./code-cache/write.ts";
import { DescriptionError } from "./openapi/document.ts";
import { writeDocuments } from "./openapi/write.ts";
import { readOptions } from "./options.ts";
import { type Product, products } from "./products.ts";
import { DIST, fail, shown } from "./root.ts";
import { writeSbom } from "./sbom.ts";
import { SERVER } from "./server.ts";
import { countedSize, measure, metaFile, type Sized, table } from "./size.ts";
import { grouped } from "./statistics.ts";

/** What the build of a product found. */
export interface Built {
  readonly product: Product;
  readonly files: readonly Sized[];
  /** Why it may not be shipped, a line each. */
  readonly problems: readonly string[];
}

/** Builds everything into `dist/`. Throws esbuild's `BuildFailure` where a source is wrong. */
export async function buildAll(): Promise<Built[]> {
  const built: Built[] = [];
  for (const product of products) built.push(await buildProduct(product));
  await writeDocuments();
  await finishAssets();
  await writeCodeCache(dirname(SERVER));
  await writeSbom();
  return built;
}

async function buildProduct(product: Product): Promise<Built> {
  const { options } = product;
  if (options.outdir) await rm(options.outdir, { recursive: true, force: true });
  const { metafile } = await build({ ...options, metafile: true });
  const meta = metaFile(product.name);
  await mkdir(dirname(meta), { recursive: true });
  await writeFile(meta, JSON.stringify(metafile));
  const files = await measure(metafile);
  return { product, files, problems: problemsOf(product, metafile, files) };
}

function problemsOf({ name, budget, oneOf, forbidden }: Product, metafile: Metafile, files: readonly Sized[]): string[] {
  const size = countedSize(files, oneOf);
  const over =
    size > budget
      ? [`${name}: ${grouped(size)} bytes after gzip; its budget is ${grouped(budget)}. "npm run bench size" shows what it is made of.`]
      : [];
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const found = forbidden.flatMap(({ input, why }) => {
    const hits = [...new Set(inputs.filter((path) => input.test(path)))];
    return hits.length > 0
      ? [`${name}: contains ${hits.slice(0, 3).join(", ")}${hits.length > 3 ? ` and ${hits.length - 3} more` : ""}: ${why}.`]
      : [];
  });
  return [...over, ...found];
}

/** The sizes as a table: a row for each file and, with its budget, one for each product. */
export function report(built: readonly Built[]): string {
  const rows = built.flatMap(({ product, files }) => [
    ...files.map(({ file, raw, gzip, brotli }) => [file, grouped(raw), grouped(gzip), grouped(brotli)]),
    [`${product.name}, together`, "", grouped(countedSize(files, product.oneOf)), "", grouped(product.budget)],
  ]);
  return table([["bytes", "minified", "gzip", "brotli", "budget (gzip)"], ...rows]);
}

/** Builds everything for a command: prints the sizes, and answers what is wrong or over its budget. */
export async function buildAndReport(): Promise<string[]> {
  try {
    const built = await buildAll();
    console.log(report(built));
    return built.flatMap(({ problems }) => problems);
  } catch (error) {
    if (error instanceof DescriptionError) return [error.message];
    const { errors } = error as Partial<BuildFailure>;
    if (!errors) throw error;
    console.error((await formatMessages([...errors], { kind: "error", color: process.stderr.isTTY })).join(""));
    return ["a source does not compile; see above."];
  }
}

/** The same, but ends the process where there are problems. */
export async function buildOrFail(): Promise<void> {
  const problems = await buildAndReport();
  if (problems.length > 0) fail(`\nbuild failed:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
}

if (import.meta.main) {
  readOptions({ name: "npm run build --", about: "Builds everything, prints sizes, and fails where one is over its budget.", options: {} });
  await buildOrFail();
  console.log(`\nbuilt into ${shown(DIST)}/`);
}
