import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { start } from "../process.ts";
import { DIST, fail, ROOT } from "../root.ts";
import { SERVER } from "../server.ts";

/** Another commit, built. */
export interface Checkout {
  readonly commit: string;
  /** Its `dist/`. */
  readonly dist: string;
  /** What it tells Node. */
  readonly flags: readonly string[];
}

/** On the project's own file system, so that its packages can be linked. */
const FOLDER = join(DIST, "bench");

/** Builds a commit in a worktree of its own, with the packages that are installed here, and removes it when `body` is done. */
export async function withCheckout<T>(ref: string, body: (checkout: Checkout) => Promise<T>): Promise<T> {
  mkdirSync(FOLDER, { recursive: true });
  const folder = mkdtempSync(join(FOLDER, "against-"));
  const remove = () => {
    try {
      git("worktree", "remove", "--force", folder);
    } catch {
      // It was never added.
    }
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", remove);
  try {
    const commit = add(folder, ref);
    // File by file: the build looks for packages below its own folder, and a link to the whole leads out of it.
    execFileSync("cp", ["-al", join(ROOT, "node_modules"), folder]);
    const building = start(process.execPath, [join(folder, "build", "bundle.ts")]);
    await building.exited;
    const dist = join(folder, "dist");
    // Over a budget it is built all the same.
    if (!existsSync(join(dist, relative(DIST, SERVER)))) throw new Error(`${ref} does not build:\n${building.output()}`);
    const told = join(folder, "build", "server.ts");
    const { NODE_FLAGS: flags = [] } = existsSync(told) ? await import(told) : {};
    return await body({ commit, dist, flags });
  } finally {
    process.off("exit", remove);
    remove();
  }
}

function add(folder: string, ref: string): string {
  try {
    const commit = git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`);
    git("worktree", "add", "--detach", "--force", folder, commit);
    return commit.slice(0, 7);
  } catch {
    return fail(`--against is "${ref}"; allowed is a commit of this repository.`);
  }
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}
