import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { shown } from "./root.ts";
import { SERVER } from "./server.ts";

if (!existsSync(SERVER)) {
  console.error(`${shown(SERVER)} is not there yet: building it, which takes some seconds.`);
  // Loaded only here: with dist/ in place, the server starts without the build's tools.
  const { buildOrFail } = await import("./bundle.ts");
  await buildOrFail();
}
await import(pathToFileURL(SERVER).href);
