import { join } from "node:path";
import { execa } from "execa";
import { readOptions } from "./options.ts";
import { ROOT } from "./root.ts";

/** What must hold of the sources: each line a name and a command of node_modules/.bin. */
const CHECKS: readonly { readonly name: string; readonly command: readonly [string, ...string[]] }[] = [
  { name: "types: node, build and tests", command: ["tsc", "-p", "."] },
  { name: "types: the product, without any runtime's", command: ["tsc", "-p", "src"] },
  { name: "types: workerd", command: ["tsc", "-p", "src/platform/workerd"] },
  { name: "types: browsers", command: ["tsc", "-p", "src/web"] },
  { name: "types: browser tests", command: ["tsc", "-p", "test/web"] },
  { name: "lint and format (npm run fix)", command: ["biome", "check", "--error-on-warnings", "--max-diagnostics=50", "."] },
];
const FULL: typeof CHECKS = [
  { name: "nothing unused: files, exports, dependencies", command: ["knip", "--no-progress"] },
  { name: "licences of all packages", command: ["node", join("build", "licences.ts")] },
];

/** Together they use two cores, which is what CI has. */
const AT_ONCE = 2;

/** Runs every check, or types and lint alone, prints what failed, and returns their names. */
export async function check(quick = false): Promise<string[]> {
  const checks = [...CHECKS, ...(quick ? [] : FULL)];
  const failed = new Set<string>();
  const left = checks.values();
  const lane = async () => {
    for (const { name, command } of left) if (!(await passes(name, command))) failed.add(name);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return checks.flatMap(({ name }) => (failed.has(name) ? [name] : []));
}

/** Prints what a check said, whole, and then its name. */
async function passes(name: string, [program, ...args]: readonly [string, ...string[]]): Promise<boolean> {
  const color = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const options = { cwd: ROOT, preferLocal: true, localDir: ROOT, all: true, reject: false, env: color, stdin: "ignore" } as const;
  const { all, failed, code } = await execa(program, args, options);
  if (all) console.log(all);
  console.log(`${failed ? "FAILED" : "ok    "}  ${name}${failed && code ? `: ${code}` : ""}`);
  return !failed;
}

if (import.meta.main) {
  readOptions({ name: "npm run check --", about: "Checks types, lint, format, licences, and that nothing is unused.", options: {} });
  process.exitCode = (await check()).length > 0 ? 1 : 0;
}
