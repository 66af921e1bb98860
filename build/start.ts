import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, shown } from "./root.ts";
import { SERVER } from "./server.ts";

if (!existsSync(SERVER)) {
  console.error(`${shown(SERVER)} is not there yet: building it, which takes some seconds.`);
  // Loaded only here: with dist/ in place, the server starts without the build's tools.
  const { buildOrFail } = await import("./bundle.ts");
  await buildOrFail();
} else if (isStale()) console.error(`${shown(SERVER)} is older than src/: npm run build makes it anew.`);
await import(pathToFileURL(SERVER).href);

function isStale(): boolean {
  const built = statSync(SERVER).mtimeMs;
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  return sources.some((file) => !file.endsWith(".md") && statSync(join(ROOT, "src", file)).mtimeMs > built);
}
