import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { readOptions } from "./options.ts";
import { shown } from "./root.ts";
import { isStale, SERVER } from "./server.ts";

readOptions({
  name: "npm start --",
  about: "Runs the built Node server. Its settings are variables of the environment; README.md lists them.",
  options: {},
  notes: "Such as: PORT=8080 ADMIN_KEY=… npm start",
});
if (!existsSync(SERVER)) {
  console.error(`${shown(SERVER)} is not there yet: building it, which takes some seconds.`);
  // Loaded only here: with dist/ in place, the server starts without the build's tools.
  const { buildOrFail } = await import("./bundle.ts");
  await buildOrFail();
} else if (isStale()) console.error(`${shown(SERVER)} is older than src/: npm run build makes it anew.`);
await import(pathToFileURL(SERVER).href);
