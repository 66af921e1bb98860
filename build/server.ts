import { join } from "node:path";
import { DIST } from "./root.ts";

/** The built server. */
export const SERVER = join(DIST, "server", "index.cjs");

/**
 * What Node is told when it runs the server, in the Dockerfile and in package.json as well: a heap for the young of at most this many
 * megabytes keeps a process that streams large bodies small.
 */
export const NODE_FLAGS = ["--min-semi-space-size=4", "--max-semi-space-size=8"];
