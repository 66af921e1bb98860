import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { constants, Script } from "node:vm";
import { ROOT } from "../root.ts";

const CACHE = join(ROOT, "node_modules", ".cache", "footfall-dev");
const require = createRequire(import.meta.url);
/** Miniflare's own script. */
export const ENTRY = require.resolve("miniflare");

/** Miniflare with what it loads, and what V8 has compiled of it: of this very Miniflare, and this V8 with its flags. */
export function preparedFiles(): { script: string; code: string } {
  const { size, mtimeMs } = statSync(ENTRY);
  const name = join(CACHE, `miniflare-${size}-${Math.round(mtimeMs)}-${cachedDataVersionTag()}`);
  return { script: `${name}.cjs`, code: `${name}.code` };
}

/** Makes the script of its text, which is a function of what a module of CommonJS finds around it. */
export function miniflareScript(text: string, filename: string, cachedData?: Buffer): Script {
  return new Script(text, { filename, cachedData, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER });
}

/** Runs the script as if it were the original. */
export function runMiniflare(script: Script): typeof import("miniflare") {
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(ENTRY), module, ENTRY, dirname(ENTRY));
  return module.exports as typeof import("miniflare");
}

let loaded: typeof import("miniflare") | undefined;

/** Miniflare: 4 MB of source, which V8 has compiled already from the second start on. */
export function loadMiniflare(): typeof import("miniflare") {
  // `import` would read through it all for what kind of module it is, and take twice as long.
  loaded ??= loadPrepared() ?? (require(ENTRY) as typeof import("miniflare"));
  return loaded;
}

/** `undefined` where the files cannot be used. */
export function loadPrepared(files = preparedFiles()): typeof import("miniflare") | undefined {
  try {
    // It is all ASCII, and Latin-1 is read in a third of the time of UTF-8.
    const script = miniflareScript(readFileSync(files.script, "latin1"), files.script, readFileSync(files.code));
    return script.cachedDataRejected ? undefined : runMiniflare(script);
  } catch {
    // It is not there, or broken: without it a start takes longer, and nothing else.
    return undefined;
  }
}

/** Prepares Miniflare for the next start, where that is not done, in a process of its own. Answers what ends that. */
export function prepareMiniflare(): () => void {
  if (existsSync(preparedFiles().code)) return () => {};
  const maker = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, "miniflare-bundle.ts")], { stdio: "ignore" });
  return () => maker.kill();
}
