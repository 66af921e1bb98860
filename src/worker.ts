import { version } from "../package.json";
import { createApp } from "./app.ts";
import { type Config, readWorkerConfig } from "./config.ts";
import { createMeter } from "./domain/meter.ts";
import { createRecorder } from "./domain/recorder.ts";
import type { Store } from "./domain/store.ts";
import { createIdentities } from "./domain/visitors/identities.ts";
import type { SaltStore } from "./domain/visitors/salts.ts";
import { ConfigError, refuse } from "./environment.ts";
import { logToConsole, summarize, warnOfAnySite } from "./http/log.ts";
import { Problem, problemResponse } from "./http/problem.ts";
import { serveAssets } from "./platform/workerd/assets.ts";
import { createDurableObjectStore } from "./platform/workerd/durable-object-store.ts";
import type { SiteCounterEnv } from "./platform/workerd/site-counter.ts";
import { type DatastoreSettings, openDatastore, openRestTransport, saltDatabase } from "./stores/datastore/open.ts";

export { SiteCounter } from "./platform/workerd/site-counter.ts";

/** The bindings of wrangler.toml; settings are the ones that are text. */
interface Bindings extends Partial<SiteCounterEnv> {
  readonly ASSETS?: Fetcher;
}

type App = ReturnType<typeof createApp>;

let app: App | ConfigError | undefined;

/** The worker's handler. The app is made with the isolate's first request, as only requests bring the settings. */
export default {
  fetch(request, env, context) {
    app ??= open(env);
    return app instanceof ConfigError ? misconfigured(app) : app.fetch(request, env, context);
  },
} satisfies ExportedHandler<Bindings>;

function open(env: Bindings): App | ConfigError {
  try {
    const config = readWorkerConfig(env);
    const newId = (): string => crypto.randomUUID();
    const store = openStore(config, env);
    warnOfAnySite(logToConsole, config);
    const meter = createMeter({ now: Date.now, tell: summarize(logToConsole) });
    return createApp({
      store,
      recorder: createRecorder({ store, now: Date.now, newId, meter }),
      config,
      now: Date.now,
      newId,
      log: logToConsole,
      meter,
      version,
      identify: config.visitors === "daily" ? createIdentities(store) : null,
      socketAddress: () => null,
      http1: false,
      assets: serveAssets(env.ASSETS),
      keepAlive: (work, c) => c.executionCtx.waitUntil(work.catch(() => {})),
    });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** Durable Objects or Datastore over REST, as `STORE` says. */
function openStore(config: Config, { SITE_COUNTER }: Bindings): Store & SaltStore {
  const { store, datastore, shards, visitors } = config;
  if (store === "datastore") {
    const open = (settings: DatastoreSettings) => openRestTransport(settings, { fetch, now: Date.now });
    const salts = visitors === "daily" ? open(saltDatabase(datastore)) : null;
    return openDatastore(open(datastore), datastore, shards, salts);
  }
  const namespace = SITE_COUNTER ?? refuse("SITE_COUNTER", undefined, "a binding to the Durable Object class SiteCounter");
  return createDurableObjectStore(namespace, visitors === "daily");
}

function misconfigured({ message }: ConfigError): Response {
  logToConsole({ severity: "ERROR", message });
  return problemResponse(new Problem("internal", "The service is not set up; its log says why."), crypto.randomUUID());
}
