import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DIST } from "./root.ts";

const server = join(DIST, "server", "index.mjs");

if (!existsSync(server)) {
  // Loaded only here: with dist/ in place, the server starts without the build's tools.
  const { buildOrFail } = await import("./bundle.ts");
  await buildOrFail();
}
await import(pathToFileURL(server).href);
