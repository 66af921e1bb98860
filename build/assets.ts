import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { BuildOptions, Metafile } from "esbuild";
import { DIST, ROOT } from "./root.ts";
import { metaFile } from "./size.ts";

/** What browsers get, by its path behind the service's address; `index.html` is the dashboard. */
export const ASSETS = join(DIST, "assets");

/** What is compressed; beside it lie `NAME.br` and `NAME.gz`. */
const COMPRESSED = /\.(?:html|js|css|svg|json)$/;
/** No browser with `light-dark()` and `AbortSignal.any` is older. */
const BROWSERS = ["chrome123", "firefox124", "safari17.5"];

const common: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  legalComments: "none",
  charset: "utf8",
  platform: "browser",
  metafile: true,
  logLevel: "silent",
};

/** The website's script. */
export const embedOptions: BuildOptions = {
  ...common,
  entryPoints: { embed: "src/web/embed/embed.ts" },
  outdir: ASSETS,
  format: "iife",
  target: "es2020",
};

/** The script that stands for those of other counters. */
export const takeoverOptions: BuildOptions = {
  ...common,
  entryPoints: ["src/web/takeover/takeover.ts"],
  outfile: join(ASSETS, "takeover.js"),
  format: "iife",
  target: "es2020",
};

/** The dashboard's script, style and icon; their names hold the hash of what is in them. */
export const dashboardOptions: BuildOptions = {
  ...common,
  entryPoints: [
    { in: "src/web/dashboard/main.ts", out: "dashboard" },
    { in: "src/web/dashboard/dashboard.css", out: "dashboard" },
    { in: "src/web/dashboard/icon.png", out: "icon" },
  ],
  outdir: join(ASSETS, "assets"),
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  loader: { ".png": "copy" },
  format: "esm",
  splitting: true,
  target: BROWSERS,
};

/** The dashboard's page, which names the files that esbuild has just written. */
export async function dashboardPage({ outputs }: Metafile): Promise<string> {
  const page = await readFile(join(ROOT, "src", "web", "dashboard", "index.html"), "utf8");
  const names = Object.keys(outputs).map((file) => basename(file));
  return page.replace(/\/assets\/([\w-]+)\.(\w+)/g, (path, stem: string, type: string) => {
    const name = names.find((one) => one.startsWith(`${stem}-`) && one.endsWith(`.${type}`));
    if (!name) throw new Error(`src/web/dashboard/index.html asks for ${path}, which is not built.`);
    return `/assets/${name}`;
  });
}

/** Completes `dist/assets`, when all else is in it: the dashboard's page, and everything once more, compressed. */
export async function finishAssets(): Promise<void> {
  const dashboard: Metafile = JSON.parse(await readFile(metaFile("dashboard"), "utf8"));
  await writeFile(join(ASSETS, "index.html"), await dashboardPage(dashboard));
  const files = await readdir(ASSETS, { recursive: true });
  await Promise.all(files.filter((file) => COMPRESSED.test(file)).map((file) => compress(join(ASSETS, file))));
}

const [brotliOf, gzipOf] = [promisify(brotliCompress), promisify(gzip)];

async function compress(file: string): Promise<void> {
  const bytes = await readFile(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  await Promise.all([
    brotliOf(bytes, { params }).then((small) => writeFile(`${file}.br`, small)),
    gzipOf(bytes, { level: 9 }).then((small) => writeFile(`${file}.gz`, small)),
  ]);
}
