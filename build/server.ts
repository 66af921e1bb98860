import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DIST, ROOT } from "./root.ts";

/** The built server. */
export const SERVER = join(DIST, "server", "index.cjs");

/**
 * What Node is told when it runs the server, in the Dockerfile and in package.json as well. Of the heap for the young, in megabytes: from
 * the least, nothing is collected before the first visit; at the most, a visit that waits for its batch is not copied again and again,
 * while a process that streams large bodies stays small. V8 gets one thread for what it does in the background, in place of four: as many
 * as a small instance has to spare, and a start is 0.6 ms shorter. Flags such as `--expose-gc` or `--no-opt` have V8 refuse the code that
 * is compiled ahead of time into Node itself: a start would take 10 ms longer. test/start.test.ts sees to it.
 */
export const NODE_FLAGS = ["--min-semi-space-size=4", "--max-semi-space-size=32", "--v8-pool-size=1"];

/** Whether a source is newer than the built server; `false` where there is none. */
export function isStale(): boolean {
  const built = statSync(SERVER, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  return sources.some((file) => !file.endsWith(".md") && statSync(join(ROOT, "src", file)).mtimeMs > built);
}
