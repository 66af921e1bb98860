import { isAbsolute, join, relative } from "node:path";

/** The project's folder. */
export const ROOT = join(import.meta.dirname, "..");

/** Where the build writes to. */
export const DIST = join(ROOT, "dist");

/** A path as people read it: relative to the project's folder. */
export function shown(path: string): string {
  return isAbsolute(path) ? relative(ROOT, path) : path;
}

/** Says why a command cannot go on, in one line, and ends it. */
export function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
