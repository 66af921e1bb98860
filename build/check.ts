import { spawnSync } from "node:child_process";
import { join } from "node:path";
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

/** Runs every check, or types and lint alone, prints what failed, and returns their names. */
export function check(quick = false): string[] {
  return [...CHECKS, ...(quick ? [] : FULL)]
    .filter(({ name, command: [program, ...args] }) => {
      const { status, error } = spawnSync(join(ROOT, "node_modules", ".bin", program), args, { cwd: ROOT, stdio: "inherit" });
      console.log(`${status === 0 ? "ok    " : "FAILED"}  ${name}${error ? `: ${error.message}` : ""}`);
      return status !== 0;
    })
    .map(({ name }) => name);
}

if (import.meta.main) process.exitCode = check().length > 0 ? 1 : 0;
