import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { shown } from "./root.ts";
import { isStale, SERVER } from "./server.ts";

if (!existsSync(SERVER)) {
  console.error(`${shown(SERVER)} is not there yet: building it, which takes some seconds.`);
  // Loaded only here: with dist/ in place, the server starts without the build's tools.
  const { buildOrFail } = await import("./bundle.ts");
  await buildOrFail();
} else if (isStale()) console.error(`${shown(SERVER)} is older than src/: npm run build makes it anew.`);
await import(pathToFileURL(SERVER).href);
