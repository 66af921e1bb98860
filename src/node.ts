import { join } from "node:path";
import { version } from "../package.json";
import { summarize } from "./api/log.ts";
import { createApp } from "./app.ts";
import { openAssets } from "./platform/node/assets.ts";
import { openDatastoreOnNode } from "./platform/node/datastore.ts";
import { createIds } from "./platform/node/ids.ts";
import { logToOutput } from "./platform/node/log.ts";
import { listen, serve } from "./platform/node/server.ts";
import { stopOnSignal } from "./platform/node/shutdown.ts";
import { openSqliteStore } from "./platform/node/sqlite.ts";
import { tidyWhenQuiet } from "./platform/node/tidy.ts";
import { type NodeConfig, readNodeConfig } from "./config.ts";
import { createMeter } from "./domain/meter.ts";
import { createRecorder } from "./domain/recorder.ts";
import type { Store } from "./domain/store.ts";
import { ConfigError } from "./environment.ts";

/** How often the log tells what there was to count: also the last minute before it was quiet. */
const SUMMARY_MS = 60_000;

function openStore(config: NodeConfig): Store {
  return config.store === "datastore" ? openDatastoreOnNode(config, logToOutput) : openSqliteStore(config.sqlitePath);
}

/** The one line that a bad setting, an unusable file or a taken port stops the start with. */
function refuse(error: unknown): never {
  const expected = error instanceof ConfigError || (error instanceof Error && "code" in error);
  console.error(expected ? error.message : error);
  process.exit(1);
}

function main(): void {
  const config = readNodeConfig(process.env);
  // Before the rest is there: whoever knocks meanwhile is served when this function ends, as nothing in it waits.
  const server = listen(config.port, (port) =>
    logToOutput({ severity: "INFO", message: `footfall ${version} listens on port ${port} and counts in ${store.name}` }),
  );
  server.once("error", ({ message }) => refuse(new ConfigError(`PORT is ${config.port}: ${message}`)));
  const store = openStore(config);
  const newId = createIds();
  const meter = createMeter({ now: Date.now, tell: summarize(logToOutput) });
  setInterval(meter.flush, SUMMARY_MS).unref();
  const recorder = createRecorder({ store, now: Date.now, newId, meter, gather: setImmediate });
  const app = createApp({
    store,
    recorder,
    config,
    now: Date.now,
    newId,
    log: logToOutput,
    meter,
    version,
    http1: true,
    // Beside the server's own folder in dist/.
    assets: openAssets(join(__dirname, "..", "assets")),
  });
  const stopping = stopOnSignal({
    drain: recorder.drain,
    close: () => {
      meter.flush();
      return store.close();
    },
  });
  stopping.server(server);
  serve(server, stopping.around(app.fetch), { log: logToOutput, newId });
  tidyWhenQuiet();
}

try {
  main();
} catch (error) {
  refuse(error);
}
