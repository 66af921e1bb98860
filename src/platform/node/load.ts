import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";

/**
 * Runs a script that stands beside this one, as `require` does, but with the code that V8 has compiled ahead of time: `NAME.cjs.cache`,
 * which build/code-cache/write.ts makes. V8 checks that this is of its own version and flags, and compiles the script itself where it is not.
 *
 * @param name without its `.cjs`
 */
export function load<T>(name: string): T {
  const filename = join(__dirname, `${name}.cjs`);
  const source = `(function(exports,require,module,__filename,__dirname){${readFileSync(filename, "utf8")}\n})`;
  const script = new Script(source, { filename, cachedData: readCache(filename) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, filename, __dirname);
  return module.exports as T;
}

function readCache(filename: string): Buffer | undefined {
  try {
    return readFileSync(`${filename}.cache`);
  } catch {
    // Its absence costs time, and nothing else.
    return undefined;
  }
}
