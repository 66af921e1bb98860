import { version } from "../package.json";
import { logToConsole } from "./api/log.ts";
import { Problem } from "./api/problem.ts";
import { createApp } from "./app.ts";
import { createDurableObjectStore } from "./bindings/workerd/durable-object-store.ts";
import type { SiteCounterEnv } from "./bindings/workerd/site-counter.ts";
import { type Config, ConfigError, type Environment, readConfig } from "./config.ts";
import { createRecorder } from "./domain/recorder.ts";
import type { Store } from "./domain/store.ts";
import { openRestTransport } from "./stores/datastore/open.ts";
import { createDatastoreStore } from "./stores/datastore/store.ts";

export { SiteCounter } from "./bindings/workerd/site-counter.ts";

type Env = SiteCounterEnv & Record<string, unknown>;
type App = ReturnType<typeof createApp>;

/** Made with the isolate's first request, as only requests bring the settings. */
let app: App | ConfigError | undefined;

/** The settings among the bindings: those that are text. */
function settingsOf(env: Env): Environment {
  return Object.fromEntries(Object.entries(env).filter((binding): binding is [string, string] => typeof binding[1] === "string"));
}

function openStore({ store, datastore, shards }: Config, env: Env): Store {
  if (store === "sqlite") return createDurableObjectStore(env.SITE_COUNTER);
  const transport = openRestTransport({ ...datastore, metadataHost: "" }, { fetch, now: Date.now });
  return createDatastoreStore({ transport, namespace: datastore.namespaceId, shards, now: Date.now, random: Math.random });
}

function open(env: Env): App | ConfigError {
  const newId = (): string => crypto.randomUUID();
  try {
    const config = readConfig(settingsOf(env), "workerd");
    const store = openStore(config, env);
    const recorder = createRecorder({ store, now: Date.now, newId });
    return createApp({
      store,
      recorder,
      config,
      now: Date.now,
      newId,
      log: logToConsole,
      version,
      keepAlive: (work, context) => context.executionCtx.waitUntil(work),
    });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function misconfigured({ message }: ConfigError): Response {
  logToConsole({ severity: "ERROR", message });
  const problem = new Problem("internal", "The service is not set up; its log says why.");
  const headers = { "Content-Type": "application/problem+json", "Access-Control-Allow-Origin": "*", "Cache-Control": "no-store" };
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

export default {
  fetch(request, env, context): Response | Promise<Response> {
    app ??= open(env);
    return app instanceof ConfigError ? misconfigured(app) : app.fetch(request, env, context);
  },
} satisfies ExportedHandler<Env>;
