import { join } from "node:path";
import { getConnInfo } from "@hono/node-server/conninfo";
import { version } from "../package.json";
import { createApp } from "./app.ts";
import { type NodeConfig, readNodeConfig } from "./config.ts";
import { createDayClock, HOUR_MS } from "./domain/day.ts";
import { createMeter } from "./domain/meter.ts";
import { createRecorder } from "./domain/recorder.ts";
import type { Store } from "./domain/store.ts";
import { createIdentities, type Identities } from "./domain/visitors/identities.ts";
import type { SaltStore } from "./domain/visitors/salts.ts";
import { ConfigError } from "./environment.ts";
import { explain, logToConsole, summarize, warnOfAnySite } from "./http/log.ts";
import { serveAssets } from "./platform/node/assets.ts";
import { openDatastoreOnNode } from "./platform/node/datastore.ts";
import { logDiagnostics } from "./platform/node/diagnostics.ts";
import { createIds } from "./platform/node/ids.ts";
import { serve } from "./platform/node/server.ts";
import { stopOnSignal } from "./platform/node/shutdown.ts";
import { openSqliteThreads } from "./platform/node/sqlite-threads.ts";

/** How often the log sums up what was counted: also the last minute before it was quiet. */
const SUMMARY_MS = 60_000;

/** How often a salt that is no longer needed is looked for, where no visit comes by. */
const FORGET_MS = HOUR_MS;

function openStore(config: NodeConfig): (Store & SaltStore) | Promise<Store & SaltStore> {
  if (config.store === "datastore") return openDatastoreOnNode(config, logToConsole);
  const script = join(__dirname, "sqlite-thread.cjs");
  return openSqliteThreads({ path: config.sqlitePath, script, visitors: config.visitors === "daily" });
}

/** How visitors are told apart; the day's salt is asked for at once, as the first visit needs it. */
function openIdentities(config: NodeConfig, salts: SaltStore): Identities | null {
  if (config.visitors === "off") return null;
  const today = createDayClock(Date.now, config.timeZone);
  const identify = createIdentities(salts);
  // A failure is thrown to the visits that need it.
  identify(config.defaultSite, today()).catch(() => {});
  setInterval(() => salts.forget(config.defaultSite, today()).catch(() => {}), FORGET_MS).unref();
  return identify;
}

async function main(): Promise<void> {
  const config = readNodeConfig(process.env);
  const store = await openStore(config);
  logDiagnostics(logToConsole);
  const newId = createIds();
  const meter = createMeter({ now: Date.now, tell: summarize(logToConsole) });
  setInterval(meter.flush, SUMMARY_MS).unref();
  const recorder = createRecorder({ store, now: Date.now, newId, meter, gather: setImmediate });
  const app = createApp({
    store,
    recorder,
    config,
    now: Date.now,
    newId,
    log: logToConsole,
    meter,
    version,
    identify: openIdentities(config, store),
    socketAddress: (c) => getConnInfo(c).remote.address ?? null,
    http1: true,
    // Beside the server's own folder in dist/.
    assets: serveAssets(join(__dirname, "..", "assets")),
    keepAlive: () => {},
  });
  const serving = serve({
    port: config.port,
    fetch: app.fetch,
    log: logToConsole,
    newId,
    onListening: (port) => {
      logToConsole({ severity: "INFO", message: `footfall ${version} listens on port ${port} and counts in ${store.name}` });
      warnOfAnySite(logToConsole, config);
    },
  });
  serving.server.once("error", ({ message }) => refuse(new ConfigError(`PORT is ${config.port}: ${message}`)));
  stopOnSignal(serving, {
    drain: recorder.drain,
    close: () => {
      meter.flush();
      return store.close();
    },
  });
}

/** Ends the start with one line: a bad setting, an unusable file, or a taken port. */
function refuse(error: unknown): never {
  const expected = error instanceof ConfigError || (error instanceof Error && "code" in error);
  process.stderr.write(`${expected ? error.message : explain(error, 500)}\n`);
  process.exit(1);
}

main().catch(refuse);
