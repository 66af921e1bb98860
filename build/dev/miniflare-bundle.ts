import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { build } from "esbuild";
import { ENTRY, miniflareScript, preparedFiles, runMiniflare } from "./miniflare.ts";

// Run by a first `npm run dev`, beside it: puts Miniflare and what it loads into one script, and keeps what V8 compiles of that until a
// worker runs and has been changed.

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
