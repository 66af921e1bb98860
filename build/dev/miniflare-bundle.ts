import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { ROOT } from "../root.ts";
import { ENTRY, miniflareScript, preparedFiles, runMiniflare } from "./miniflare.ts";

// Run by a first `npm run dev`, beside it: puts Miniflare and what it loads into one script, and keeps what V8 compiles of that until a
// worker runs and has been changed.

/** What takes Miniflare long at each start, and what is put in its place. */
const SHORTER: readonly (readonly [from: RegExp, to: string])[] = [
  // The names of each module of Node that it imports, a hundred times some fifty, are copied; an object with that module as its prototype
  // answers to the same.
  [
    /(__toESM\d* =) \(mod, isNodeMode, target\) =>/g,
    "$1 (mod, isNodeMode, target) => mod && (isNodeMode || !mod.__esModule) ? Object.create(mod, { default: { value: mod } }) :",
  ],
  // workerd's configuration, half a megabyte, is copied whole for each 4 KB that it grows by.
  [/(MIN_SINGLE_SEGMENT_GROWTH =) 4096/g, "$1 2 ** 20"],
  // The first one loads all that Node knows of languages; it is for messages.
  [/new Intl\.ListFormat\(/g, "new (class { constructor(...a) { this.format = (list) => new Intl.ListFormat(...a).format(list); } })("],
];

const shorten: Plugin = {
  name: "shorten",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]miniflare[\\/]dist[\\/]src[\\/]index\.js$/ }, ({ path }) => {
      let contents = readFileSync(path, "utf8");
      for (const [from, to] of SHORTER) {
        if (contents.search(from) < 0) throw new Error(`Miniflare has no ${from}: bring build/dev/miniflare-bundle.ts up to date`);
        contents = contents.replaceAll(from, to);
      }
      return { contents };
    });
  },
};

const { outputFiles } = await build({
  entryPoints: [ENTRY],
  bundle: true,
  write: false,
  platform: "node",
  format: "cjs",
  target: `node${process.versions.node}`,
  // Its client for HTTP looks whether Node has one as well, for which Node would load that.
  define: { "globalThis.Headers": "undefined" },
  // Found by their place, or seldom loaded.
  external: ["workerd", "sharp", "youch"],
  // Its client would load it to speak it with origins that do; ours do not.
  alias: { "node:http2": join(ROOT, "build", "no-http2.ts") },
  plugins: [shorten],
  banner: { js: "(function (exports, require, module, __filename, __dirname) {" },
  footer: { js: "})" },
  minifyWhitespace: true,
  minifySyntax: true,
  minifyIdentifiers: true,
  legalComments: "none",
  logLevel: "silent",
});
// All ASCII: esbuild leaves regular expressions as they are, and there an escape means the same.
const text = (outputFiles[0]?.text ?? "").replaceAll(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
const files = preparedFiles();
const script = miniflareScript(text, files.script);
const { Miniflare } = runMiniflare(script);
const worker = (answer: string) => ({
  cf: false as const,
  cache: false,
  modules: true,
  script: `export default { fetch: () => new Response(${JSON.stringify(answer)}) };`,
});
const miniflare = new Miniflare(worker("first"));
const { origin } = await miniflare.ready;
await fetch(origin);
await miniflare.setOptions(worker("second"));
const code = script.createCachedData();
await miniflare.dispose();

mkdirSync(dirname(files.script), { recursive: true });
// Whole or not at all, and the code last: that it is there says that all is.
for (const [file, content] of [
  [files.script, text],
  [files.code, code],
] as const) {
  writeFileSync(`${file}.${process.pid}`, content);
  renameSync(`${file}.${process.pid}`, file);
}
