import { isAbsolute, join, relative, resolve } from "node:path";

/** The project's folder. */
export const ROOT = join(import.meta.dirname, "..");

/** Where the build writes to. */
export const DIST = join(ROOT, "dist");

/** A path as people read it: relative to the project's folder. */
export function shown(path: string): string {
  return isAbsolute(path) ? relative(ROOT, path) : path;
}

/** A path of a command line: relative to where npm was called, as `npm run` goes to the project's folder. */
export function givenPath(path: string): string {
  return resolve(process.cwd() === ROOT ? (process.env["INIT_CWD"] ?? "") : "", path);
}

const MAX_PORT = 65_535;

/** `PORT`, or the default; 0 for any free port. Ends the command where it is no port. */
export function readPort(otherwise: number): number {
  const text = process.env["PORT"] || String(otherwise);
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return port <= MAX_PORT ? port : fail(`PORT is "${text}"; allowed is an integer from 0 to ${MAX_PORT}.`);
}

/** Prints why a command cannot go on, and ends it with exit code 1. */
export function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
