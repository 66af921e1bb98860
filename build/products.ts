import { join } from "node:path";
import type { BuildOptions } from "esbuild";
import { dashboardOptions, embedOptions } from "./assets.ts";
import { leaveOut } from "./leave-out.ts";
import { DIST, ROOT } from "./root.ts";

/** One thing that the build makes with esbuild. */
export interface Product {
  readonly name: string;
  readonly options: BuildOptions;
  /** The most that its files may have together, in bytes after gzip; files loaded later, by `lazy`, do not count. */
  readonly budget: number;
  /** Sources (a path's beginning) that are loaded by a dynamic import when the rest already works. */
  readonly lazy?: string;
  /** Inputs that it must not contain, and why. */
  readonly forbidden: readonly { readonly input: RegExp; readonly why: string }[];
}

/** A kilobyte of the budgets, in bytes. */
const KB = 1_024;

const common: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  format: "esm",
  minify: true,
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "none",
  metafile: true,
  logLevel: "silent",
};

/** What workerd runs. */
const workerdOptions: BuildOptions = {
  ...common,
  platform: "neutral",
  target: "es2024",
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker", "browser"],
  external: ["cloudflare:*", "node:*"],
  plugins: [leaveOut],
};

/** The worker on Durable Objects; `npm run dev` builds the same, without minifying. */
export const workerOptions: BuildOptions = { ...workerdOptions, entryPoints: { index: "src/worker.ts" }, outdir: join(DIST, "worker") };

/** The worker on Datastore: an engine of its own, as each must pay for its bytes. */
export const workerDatastoreOptions: BuildOptions = {
  ...workerdOptions,
  entryPoints: { index: "src/worker-datastore.ts" },
  outdir: join(DIST, "worker-datastore"),
};

/** Google's client, which workerd cannot run. */
const googleClient = { input: /node_modules\/(?:@google-cloud|google-gax|@grpc|protobufjs)\//, why: "workerd cannot run it" };

const serverOptions: BuildOptions = {
  ...common,
  entryPoints: { index: "src/node.ts" },
  outdir: join(DIST, "server"),
  outExtension: { ".js": ".mjs" },
  platform: "node",
  target: "node24",
  splitting: true,
  plugins: [leaveOut],
  chunkNames: "[name]-[hash]",
  // The Datastore client is CommonJS, and finds Node's modules and its own folder as such.
  banner: {
    js: `import{createRequire as __createRequire}from"node:module";
const require=__createRequire(import.meta.url),__dirname=import.meta.dirname,__filename=import.meta.filename;`,
  },
  // An error is shown with its line, which must not be the whole bundle.
  lineLimit: 160,
};

/** Everything that is built, in this order. */
export const products: readonly Product[] = [
  {
    name: "server",
    options: serverOptions,
    budget: 40 * KB,
    lazy: "src/bindings/node/grpc",
    forbidden: [
      {
        input: /@google-cloud\/datastore\/build\/src\/entity\.js$/,
        why: 'it reads a .proto file at load; import "@google-cloud/datastore/build/src/v1/index.js" instead',
      },
    ],
  },
  { name: "worker", options: workerOptions, budget: 20 * KB, forbidden: [googleClient] },
  { name: "worker-datastore", options: workerDatastoreOptions, budget: 20 * KB, forbidden: [googleClient] },
  // The first one clears dist/assets.
  { name: "embed", options: embedOptions, budget: 800, forbidden: [] },
  { name: "dashboard", options: dashboardOptions, budget: 36 * KB, forbidden: [] },
];
