import type { Store } from "./domain/store.ts";
import { ConfigError, type Environment, read, refuse } from "./environment.ts";
import { SOCKET } from "./http/client-address.ts";
import type { AppConfig, StatsKey, TakeoverProtocol } from "./http/config.ts";
import * as settings from "./settings.ts";
import type { DatastoreSettings } from "./stores/datastore/open.ts";
import type { Shards } from "./stores/datastore/sharding.ts";

type Engine = Store["name"];

/** The settings of either platform, read once at the root. */
export interface Config extends AppConfig {
  readonly store: Engine;
  readonly datastore: DatastoreSettings;
  /** Entities per counter; `"auto"`: several only while instances wait for each other. */
  readonly shards: Shards;
}

/** The settings on Node, where a server listens and a file holds the embedded store. */
export interface NodeConfig extends Config {
  readonly port: number;
  readonly sqlitePath: string;
}

/** Reads and checks every setting of a Node server, or throws {@link ConfigError}. */
export function readNodeConfig(env: Environment): NodeConfig {
  return { ...readConfig(env, true), port: read(env, settings.PORT), sqlitePath: read(env, settings.SQLITE_PATH) };
}

/**
 * Reads and checks every setting of a worker, or throws {@link ConfigError}. Numbers, flags and lists of wrangler.toml (`SHARDS = 4`) are
 * read as their text, as `npm run dev` does.
 *
 * @param bindings vars and secrets, and whatever else is bound
 */
export function readWorkerConfig(bindings: object): Config {
  const vars = Object.entries(bindings).filter(
    ([, value]) => Array.isArray(value) || ["string", "number", "boolean"].includes(typeof value),
  );
  return readConfig(Object.fromEntries(vars.map(([name, value]) => [name, String(value)])), false);
}

/** The protocols that `TAKEOVER` names, or {@link ConfigError}. */
export function readTakeover(env: Environment): readonly TakeoverProtocol[] {
  return read(env, settings.TAKEOVER);
}

/** Their presence says that visits are counted in Datastore, unless `STORE` says otherwise. */
const DATASTORE_SETTINGS = ["K_SERVICE", "DATASTORE_EMULATOR_HOST", "DATASTORE_PROJECT_ID", "GOOGLE_SERVICE_ACCOUNT_KEY"];

function readConfig(env: Environment, onNode: boolean): Config {
  const onCloudRun = onNode && Boolean(env["K_SERVICE"]);
  const store = read(env, settings.STORE) ?? (DATASTORE_SETTINGS.some((name) => env[name]) ? "datastore" : "sqlite");
  const sites = read(env, settings.SITES) ?? (onNode && !onCloudRun ? "*" : missing(settings.SITES));
  const emulator = read(env, settings.DATASTORE_EMULATOR_HOST) ?? undefined;
  const serviceAccount = read(env, settings.GOOGLE_SERVICE_ACCOUNT_KEY) ?? undefined;
  if (!onNode && store === "datastore" && !emulator && !serviceAccount)
    missing(settings.GOOGLE_SERVICE_ACCOUNT_KEY, " (or set DATASTORE_EMULATOR_HOST)");
  const project = read(env, settings.DATASTORE_PROJECT_ID) ?? (env["GOOGLE_CLOUD_PROJECT"] || serviceAccount?.project_id || undefined);
  const adminKey = read(env, settings.ADMIN_KEY);
  return {
    store,
    datastore: {
      project,
      databaseId: read(env, settings.DATASTORE_DATABASE_ID) ?? "",
      namespaceId: read(env, settings.DATASTORE_NAMESPACE) ?? "",
      emulator,
      serviceAccount,
    },
    sites,
    defaultSite: readDefaultSite(env, sites),
    imagesNameSite: !env["DEFAULT_SITE"] && sites !== "*" && sites.length > 1,
    adminKey,
    publicStats: readPublicStats(env, sites),
    statsKeys: readStatsKeys(env, adminKey, sites),
    shards: read(env, settings.SHARDS),
    ...readClientAddress(env, onNode, onCloudRun),
    visitsPerMinute: read(env, settings.VISITS_PER_MINUTE),
    newPagesBurst: read(env, settings.NEW_PAGES_BURST),
    newPagesPerHour: read(env, settings.NEW_PAGES_PER_HOUR),
    pages: read(env, settings.PAGES),
    takeover: readTakeover(env),
    timeZone: read(env, settings.TIME_ZONE),
    log: read(env, settings.LOG),
    project: project ?? null,
  };
}

/** Refuses that a setting is absent. */
function missing({ name, allowed }: { readonly name: string; readonly allowed: string }, more = ""): never {
  refuse(name, undefined, allowed + more);
}

function readDefaultSite(env: Environment, sites: "*" | readonly string[]): string {
  const site = read(env, settings.DEFAULT_SITE);
  if (sites === "*") return site ?? "default";
  if (site === null) return sites[0] ?? "default";
  return sites.includes(site) ? site : refuse("DEFAULT_SITE", env["DEFAULT_SITE"], `one of SITES (${sites.join(", ")})`);
}

function readPublicStats(env: Environment, sites: "*" | readonly string[]): "*" | readonly string[] {
  const open = read(env, settings.PUBLIC_STATS);
  if (open === "*" || open.every((site) => canCount(site, sites))) return open;
  refuse("PUBLIC_STATS", env["PUBLIC_STATS"], settings.PUBLIC_STATS.allowed);
}

function canCount(site: string, sites: "*" | readonly string[]): boolean {
  return sites === "*" ? site.includes(".") || site === "localhost" : sites.includes(site);
}

function readStatsKeys(env: Environment, adminKey: string | null, sites: "*" | readonly string[]): readonly StatsKey[] {
  const keys = read(env, settings.STATS_KEY) ?? [];
  const useless = keys.findIndex(({ site }) => site !== null && !canCount(site, sites));
  if (useless >= 0) throw new ConfigError(`STATS_KEY's entry ${useless + 1} is of a site that may not count; allowed is one that may.`);
  const same = keys.findIndex(({ key }) => key === adminKey);
  if (same < 0) return keys;
  throw new ConfigError(`STATS_KEY's entry ${same + 1} is ADMIN_KEY; allowed is another one, which may change nothing.`);
}

/** Where the client's address comes from, and whether visitors are estimated, which needs it. */
function readClientAddress(
  env: Environment,
  onNode: boolean,
  onCloudRun: boolean,
): Pick<Config, "clientIpHeader" | "clientIpHops" | "visitors"> {
  const clientIpHeader = read(env, settings.CLIENT_IP_HEADER) ?? (onNode ? null : "CF-Connecting-IP");
  if (clientIpHeader === SOCKET && !onNode) refuse("CLIENT_IP_HEADER", SOCKET, "a header's name, as a worker has no connection of its own");
  if (clientIpHeader === SOCKET && onCloudRun)
    refuse("CLIENT_IP_HEADER", SOCKET, "a header's name, as Cloud Run's connections are a proxy's");
  const clientIpHops = read(env, settings.CLIENT_IP_HOPS);
  if (clientIpHops > 0 && (clientIpHeader === null || clientIpHeader === SOCKET)) {
    refuse("CLIENT_IP_HOPS", String(clientIpHops), "0 where CLIENT_IP_HEADER names no header");
  }
  const visitors = read(env, settings.VISITORS) ?? (clientIpHeader === null ? "off" : "daily");
  if (visitors === "daily" && clientIpHeader === null) refuse("VISITORS", visitors, '"off" where CLIENT_IP_HEADER is not set');
  return { clientIpHeader, clientIpHops, visitors };
}
