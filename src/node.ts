import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { version } from "../package.json";
import { summarize } from "./api/log.ts";
import { createApp } from "./app.ts";
import { openAssets } from "./bindings/node/assets.ts";
import { openDatastoreOnNode } from "./bindings/node/datastore.ts";
import { createIds } from "./bindings/node/ids.ts";
import { logToOutput } from "./bindings/node/log.ts";
import { createBoundedServer, listen } from "./bindings/node/server.ts";
import { stopOnSignal } from "./bindings/node/shutdown.ts";
import { tidyWhenQuiet } from "./bindings/node/tidy.ts";
import { type NodeConfig, readNodeConfig } from "./config.ts";
import { createMeter } from "./domain/meter.ts";
import { createRecorder } from "./domain/recorder.ts";
import type { Store } from "./domain/store.ts";
import { ConfigError } from "./environment.ts";

/** How often the log tells what there was to count: also the last minute before it was quiet. */
const SUMMARY_MS = 60_000;

async function openStore(config: NodeConfig): Promise<Store> {
  if (config.store === "datastore") return openDatastoreOnNode(config, logToOutput);
  const { openSqliteStore } = await import("./bindings/node/sqlite.ts");
  return openSqliteStore(config.sqlitePath);
}

/** The one line that a bad setting, an unusable file or a taken port stops the start with. */
function refuse(error: unknown): never {
  const expected = error instanceof ConfigError || (error instanceof Error && "code" in error);
  console.error(expected ? error.message : error);
  process.exit(1);
}

async function main(): Promise<void> {
  const config = readNodeConfig(process.env);
  const store = await openStore(config);
  const newId = createIds();
  const meter = createMeter({ now: Date.now, tell: summarize(logToOutput) });
  setInterval(meter.flush, SUMMARY_MS).unref();
  const recorder = createRecorder({ store, now: Date.now, newId, meter });
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
  const server = createBoundedServer(stopping.around(app.fetch), { log: logToOutput, newId });
  server.once("error", refuse);
  stopping.server(server);
  listen(server, config.port, () => {
    const { port } = server.address() as AddressInfo;
    logToOutput({ severity: "INFO", message: `footfall ${version} listens on port ${port} and counts in ${store.name}` });
  });
  tidyWhenQuiet();
}

main().catch(refuse);
