import { join } from "node:path";
import type { BuildOptions } from "esbuild";
import { dashboardOptions, embedOptions, takeoverOptions } from "./assets.ts";
import { DIST, ROOT } from "./root.ts";

/** One thing that the build makes with esbuild. */
export interface Product {
  readonly name: string;
  readonly options: BuildOptions;
  /** The most that its files may have together, in bytes after gzip. */
  readonly budget: number;
  /** Files of which nobody loads more than one: the largest counts. */
  readonly oneOf?: RegExp;
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
  // workerd would not read the map that a script names.
  sourcemap: "external",
  platform: "neutral",
  target: "es2024",
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker", "browser"],
  external: ["cloudflare:*", "node:*"],
};

/** The worker; `npm run dev` builds the same, without minifying. */
export const workerOptions: BuildOptions = { ...workerdOptions, entryPoints: { index: "src/worker.ts" }, outdir: join(DIST, "worker") };

/** Google's client, which workerd cannot run. */
const googleClient = { input: /node_modules\/(?:@google-cloud|google-gax|@grpc|protobufjs)\//, why: "workerd cannot run it" };

/** Hono with all of its routers. */
const allRouters = { input: /node_modules\/hono\/dist\/hono\.js$/, why: 'it brings other routers; import { Hono } from "hono/tiny"' };

/** What Node runs. */
export const nodeOptions: BuildOptions = {
  ...common,
  // Node is faster to start with CommonJS, and V8's compiled code goes with scripts, which import nothing.
  format: "cjs",
  supported: { "dynamic-import": false },
  outExtension: { ".js": ".cjs" },
  platform: "node",
  target: "node24",
  // An error is shown with its line, which must not be the whole bundle.
  lineLimit: 240,
};

/** Classes of the web that are slow to load: src/platform/node/web-scope.ts has all of them. */
const WEB_CLASSES = ["CloseEvent", "Headers", "Request", "Response"];

/** The server, up to its first counted visit and almost all that comes later. */
const serverOptions: BuildOptions = {
  ...nodeOptions,
  entryPoints: { index: "src/platform/node/start.ts", service: "src/node.ts" },
  outdir: join(DIST, "server"),
  inject: ["src/platform/node/web-scope.ts"],
  define: {
    global: "webScope",
    ...Object.fromEntries(["", "global.", "globalThis."].flatMap((scope) => WEB_CLASSES.map((name) => [scope + name, `webScope.${name}`]))),
  },
  alias: {
    // @hono/node-server loads HTTP/2, which takes long, only to tell its requests from others.
    "node:http2": join(ROOT, "build", "no-http2.ts"),
    "@whatwg-node/disposablestack": join(ROOT, "build", "node-symbols.ts"),
  },
};

/** The embedded store, which has threads of its own. */
const sqliteOptions: BuildOptions = {
  ...nodeOptions,
  entryPoints: ["src/platform/node/sqlite-thread.ts"],
  outfile: join(DIST, "server", "sqlite-thread.cjs"),
};

/** Google's client, which the server loads once it is busy. */
const googleOptions: BuildOptions = {
  ...nodeOptions,
  entryPoints: ["src/platform/node/google.ts"],
  outfile: join(DIST, "server", "google.cjs"),
};

/** The dashboard's texts but for the English ones. */
const LANGUAGES = /\/(?:de|es|fr|ja|zh-hans)-\w+\.js$/;

/** Everything that is built, in this order. */
export const products: readonly Product[] = [
  {
    name: "server",
    options: serverOptions,
    budget: 72 * KB,
    forbidden: [allRouters],
  },
  { name: "server-sqlite", options: sqliteOptions, budget: 12 * KB, forbidden: [] },
  {
    name: "server-google",
    options: googleOptions,
    budget: 460 * KB,
    forbidden: [
      {
        input: /@google-cloud\/datastore\/build\/src\/entity\.js$/,
        why: 'it reads a .proto file at load; import "@google-cloud/datastore/build/src/v1/index.js" instead',
      },
    ],
  },
  { name: "worker", options: workerOptions, budget: 64 * KB, forbidden: [googleClient, allRouters] },
  // The first one clears dist/assets.
  { name: "embed", options: embedOptions, budget: 1_600, forbidden: [] },
  { name: "takeover", options: takeoverOptions, budget: 3 * KB, forbidden: [] },
  { name: "dashboard", options: dashboardOptions, budget: 60 * KB, oneOf: LANGUAGES, forbidden: [] },
];
