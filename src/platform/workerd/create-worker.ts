import { version } from "../../../package.json";
import type { Assets } from "../../api/assets.ts";
import { answerBare } from "../../api/bare.ts";
import { logToConsole, summarize } from "../../api/log.ts";
import { Problem } from "../../api/problem.ts";
import { createApp } from "../../app.ts";
import { type Config, readWorkerConfig } from "../../config.ts";
import { createMeter } from "../../domain/meter.ts";
import { createRecorder } from "../../domain/recorder.ts";
import type { Store } from "../../domain/store.ts";
import { ConfigError, type Environment } from "../../environment.ts";

/** What every worker may have: the binding of its static assets. */
interface AssetsEnv {
  readonly ASSETS?: Fetcher;
}

/**
 * A worker's handler. It is made with the isolate's first request, as only requests bring the settings.
 *
 * @param engine what the worker's bundle can count in; `STORE` may say nothing else
 */
export function createWorker<Env extends object>(
  engine: Store["name"],
  openStore: (config: Config, env: Env) => Store,
): Required<Pick<ExportedHandler<Env & AssetsEnv>, "fetch">> {
  let app: ReturnType<typeof createApp> | ConfigError | undefined;

  function open(env: Env & AssetsEnv): ReturnType<typeof createApp> | ConfigError {
    const newId = (): string => crypto.randomUUID();
    try {
      const config = readWorkerConfig(settingsOf(env), engine);
      const store = openStore(config, env);
      const meter = createMeter({ now: Date.now, tell: summarize(logToConsole) });
      const recorder = createRecorder({ store, now: Date.now, newId, meter });
      const keepAlive = (work: Promise<unknown>, context: { executionCtx: { waitUntil(work: Promise<unknown>): void } }): void =>
        context.executionCtx.waitUntil(work);
      return createApp({ store, recorder, config, now: Date.now, newId, log: logToConsole, meter, version, keepAlive, ...assetsOf(env) });
    } catch (error) {
      if (error instanceof ConfigError) return error;
      throw error;
    }
  }

  return {
    fetch(request, env, context) {
      app ??= open(env);
      return app instanceof ConfigError ? misconfigured(app) : app.fetch(request, env, context);
    },
  };
}

/** The assets that were deployed with the worker. */
function assetsOf({ ASSETS }: AssetsEnv): { assets?: Assets } {
  return ASSETS ? { assets: (request) => ASSETS.fetch(request) } : {};
}

/** The settings among the bindings: those that are text. */
function settingsOf(env: object): Environment {
  return Object.fromEntries(Object.entries(env).filter((binding): binding is [string, string] => typeof binding[1] === "string"));
}

function misconfigured({ message }: ConfigError): Response {
  logToConsole({ severity: "ERROR", message });
  return answerBare(new Problem("internal", "The service is not set up; its log says why."), crypto.randomUUID());
}
