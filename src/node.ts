import type { Server } from "node:http";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { version } from "../package.json";
import { createApp } from "./app.ts";
import { openAssets } from "./bindings/node/assets.ts";
import { openDatastoreOnNode } from "./bindings/node/datastore.ts";
import { createIds } from "./bindings/node/ids.ts";
import { logToOutput } from "./bindings/node/log.ts";
import { stopOnSignal } from "./bindings/node/shutdown.ts";
import { type NodeConfig, readNodeConfig } from "./config.ts";
import { createRecorder } from "./domain/recorder.ts";
import type { Store } from "./domain/store.ts";
import { ConfigError } from "./environment.ts";

const HOST = "0.0.0.0";
/** Longer than what proxies in front keep connections, so that it is they who close an idle one. */
const KEEP_ALIVE_MS = 75_000;

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
  const recorder = createRecorder({ store, now: Date.now, newId });
  const app = createApp({
    store,
    recorder,
    config,
    now: Date.now,
    newId,
    log: logToOutput,
    version,
    http1: true,
    // Beside the server's own folder in dist/.
    assets: openAssets(join(__dirname, "..", "assets")),
  });
  const stopping = stopOnSignal({ drain: recorder.drain, close: store.close });
  const server = serve(
    { fetch: stopping.around(app.fetch), port: config.port, hostname: HOST, serverOptions: { keepAliveTimeout: KEEP_ALIVE_MS } },
    ({ port }) =>
      logToOutput({ severity: "INFO", message: `footfall ${version} listens on http://${HOST}:${port} and counts in ${store.name}` }),
  ) as Server;
  server.once("error", refuse);
  stopping.server(server);
}

main().catch(refuse);
