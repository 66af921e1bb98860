import { normalizePage } from "./domain/page.ts";
import { siteOfHost } from "./domain/site.ts";
import type { Store } from "./domain/store.ts";
import { ConfigError, choice, type Environment, integer, list, matching, refuse } from "./environment.ts";
import { SOCKET } from "./http/client-address.ts";
import { type AppConfig, type StatsKey, TAKEOVER_PROTOCOLS, type TakeoverProtocol } from "./http/config.ts";
import { parseObject } from "./json.ts";
import type { ServiceAccountKey } from "./stores/datastore/identity.ts";
import type { DatastoreSettings } from "./stores/datastore/open.ts";

type Engine = Store["name"];

/** The settings of either platform, read once at the root. */
export interface Config extends AppConfig {
  readonly store: Engine;
  readonly datastore: DatastoreSettings;
  /** Entities per counter. */
  readonly shards: number;
}

/** The settings on Node, where a server listens and a file holds the embedded store. */
export interface NodeConfig extends Config {
  readonly port: number;
  readonly sqlitePath: string;
}

const MAX_PORT = 65_535;
const MAX_SHARDS = 100;
const MAX_HOPS = 10;
const MAX_RATE = 1_000_000_000;
/** RFC 9110 `token`. */
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** A host as a URL writes it: a name that DNS can have, or an IPv6 address. */
const HOST = /^(?:\[[\da-f:.]+\]|[a-z\d_-]+(?:\.[a-z\d_-]+)*)$/;
const GOOGLE_NAME = /^(?:\(default\)|[\w.:-]{1,100})$/;
const GOOGLE_NAME_ALLOWED = "at most 100 letters, digits, _, ., : and -";
const SITES_ALLOWED = '"*", or a comma-separated list of host names such as "example.com,blog.example.org"';

/** Reads and checks every setting of a Node server, or throws {@link ConfigError}. */
export function readNodeConfig(env: Environment): NodeConfig {
  return {
    ...readConfig(env, true),
    port: integer(env, "PORT", 8080, 0, MAX_PORT),
    sqlitePath: env["SQLITE_PATH"] || ".footfall/visits.sqlite",
  };
}

/** Reads and checks every setting of a worker, or throws {@link ConfigError}. */
export function readWorkerConfig(env: Environment): Config {
  return readConfig(env, false);
}

/** Their presence says that visits are counted in Datastore, unless `STORE` says otherwise. */
const DATASTORE_SETTINGS = ["K_SERVICE", "DATASTORE_EMULATOR_HOST", "DATASTORE_PROJECT_ID", "GOOGLE_SERVICE_ACCOUNT_KEY"];

function readConfig(env: Environment, onNode: boolean): Config {
  const onCloudRun = onNode && Boolean(env["K_SERVICE"]);
  const emulator = env["DATASTORE_EMULATOR_HOST"];
  const store = choice(env, "STORE", ["datastore", "sqlite"], DATASTORE_SETTINGS.some((name) => env[name]) ? "datastore" : "sqlite");
  const sites = readSites(env, onNode && !onCloudRun);
  const serviceAccount = readServiceAccount(env, !onNode && store === "datastore" && !emulator);
  const project = env["DATASTORE_PROJECT_ID"] || env["GOOGLE_CLOUD_PROJECT"] || serviceAccount?.project_id || undefined;
  return {
    store,
    datastore: {
      project,
      databaseId: matching(env, "DATASTORE_DATABASE_ID", GOOGLE_NAME, GOOGLE_NAME_ALLOWED) ?? "",
      namespaceId: matching(env, "DATASTORE_NAMESPACE", GOOGLE_NAME, GOOGLE_NAME_ALLOWED) ?? "",
      emulator: emulator ? matching(env, "DATASTORE_EMULATOR_HOST", /^[^\s/"'@]+:\d{1,5}$/, "host:port") : undefined,
      serviceAccount,
    },
    sites,
    defaultSite: readDefaultSite(env, sites),
    imagesNameSite: !env["DEFAULT_SITE"] && sites !== "*" && sites.length > 1,
    adminKey: readAdminKey(env),
    publicStats: readPublicStats(env, sites),
    statsKeys: readStatsKeys(env),
    shards: integer(env, "SHARDS", 1, 1, MAX_SHARDS),
    ...readClientAddress(env, onNode),
    visitsPerMinute: integer(env, "VISITS_PER_MINUTE", 120, 0, MAX_RATE),
    newPagesBurst: integer(env, "NEW_PAGES_BURST", 5000, 0, MAX_RATE),
    newPagesPerHour: integer(env, "NEW_PAGES_PER_HOUR", 1000, 0, MAX_RATE),
    pages: readPages(env),
    takeover: readTakeover(env),
    timeZone: readTimeZone(env),
    log: choice(env, "LOG", ["all", "problems"], "problems"),
    project: project ?? null,
  };
}

function readSites(env: Environment, openByDefault: boolean): "*" | readonly string[] {
  const text = env["SITES"] || (openByDefault ? "*" : refuse("SITES", undefined, SITES_ALLOWED));
  if (text.trim() === "*") return "*";
  return [...new Set(list(text).map((host) => siteName(host) ?? refuse("SITES", text, SITES_ALLOWED)))];
}

/** A URL may hold stranger hosts than DNS knows (`a.com;b.com`, quotes, `*`): such a site would allow nobody. */
function siteName(host: string): string | null {
  const site = siteOfHost(host);
  return site !== null && HOST.test(site) ? site : null;
}

/** The value is a secret: no message shows it. A key that no header can carry would refuse everyone. */
function readAdminKey(env: Environment): string | null {
  const key = env["ADMIN_KEY"];
  if (!key) return null;
  const allowed = "allowed are printable ASCII characters without spaces, and no quotes around them";
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new ConfigError(`ADMIN_KEY has a space, a line's end or a letter that no header carries; ${allowed}.`);
  if (/^(["']).*\1$/.test(key)) throw new ConfigError(`ADMIN_KEY stands in quotes, which would be a part of it; ${allowed}.`);
  return key;
}

function readDefaultSite(env: Environment, sites: "*" | readonly string[]): string {
  const text = env["DEFAULT_SITE"];
  if (!text) return sites === "*" ? "default" : (sites[0] ?? "default");
  const site = siteName(text);
  if (site !== null && (sites === "*" || sites.includes(site))) return site;
  refuse("DEFAULT_SITE", text, sites === "*" ? "a host name" : `one of SITES (${sites.join(", ")})`);
}

/** A word that no host is called by (`yes`) is refused: it would be a site that nobody has. */
function readPublicStats(env: Environment, sites: "*" | readonly string[]): "*" | readonly string[] {
  const text = env["PUBLIC_STATS"] || "false";
  if (text === "true") return "*";
  if (text === "false") return [];
  return [...new Set(list(text).map(known))];

  function known(name: string): string {
    const site = siteName(name);
    const fits = site !== null && (sites === "*" ? site.includes(".") || site === "localhost" : sites.includes(site));
    return fits ? site : refuse("PUBLIC_STATS", text, '"true", "false", or a comma-separated list of sites that may count');
  }
}

/** The values are secrets: no message shows them. */
function readStatsKeys(env: Environment): readonly StatsKey[] {
  const text = env["STATS_KEY"];
  if (!text) return [];
  return list(text).map((entry, index) => {
    const [, host, key] = /^(?:([^=]+)=)?([\w-]+)$/.exec(entry) ?? [];
    const site = host === undefined ? null : siteName(host);
    const place = `STATS_KEY's entry ${index + 1}`;
    if (key === undefined || (host !== undefined && site === null)) {
      throw new ConfigError(`${place} is not a key; allowed is KEY or example.com=KEY, the key of letters, digits, "_" and "-".`);
    }
    if (key === env["ADMIN_KEY"]) throw new ConfigError(`${place} is ADMIN_KEY; allowed is another one, which may change nothing.`);
    return { key, site };
  });
}

/** Where the client's address comes from, and whether visitors are estimated, which needs it. */
function readClientAddress(env: Environment, onNode: boolean): Pick<Config, "clientIpHeader" | "clientIpHops" | "visitors"> {
  const allowed = onNode ? `a header's name, or "${SOCKET}"` : "a header's name";
  const clientIpHeader = matching(env, "CLIENT_IP_HEADER", HEADER_NAME, allowed) ?? (onNode ? null : "CF-Connecting-IP");
  if (clientIpHeader === SOCKET && !onNode) refuse("CLIENT_IP_HEADER", SOCKET, `${allowed}, as a worker has no connection of its own`);
  const clientIpHops = integer(env, "CLIENT_IP_HOPS", 0, 0, MAX_HOPS);
  if (clientIpHops > 0 && (clientIpHeader === null || clientIpHeader === SOCKET)) {
    refuse("CLIENT_IP_HOPS", String(clientIpHops), "0 where CLIENT_IP_HEADER names no header");
  }
  const visitors = choice(env, "VISITORS", ["daily", "off"], clientIpHeader === null ? "off" : "daily");
  if (visitors === "daily" && clientIpHeader === null) refuse("VISITORS", visitors, '"off" where CLIENT_IP_HEADER is not set');
  return { clientIpHeader, clientIpHops, visitors };
}

/** `UTC` is not looked up: `Intl` takes milliseconds to load. */
function readTimeZone(env: Environment): string {
  const name = env["TIME_ZONE"] || "UTC";
  if (name === "UTC") return name;
  try {
    return /^[A-Za-z]/.test(name) ? new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone : unknownZone(name);
  } catch {
    return unknownZone(name);
  }
}

function unknownZone(name: string): never {
  refuse("TIME_ZONE", name, 'the IANA name of a time zone such as "Europe/Berlin"');
}

function readPages(env: Environment): readonly string[] | null {
  const text = env["PAGES"];
  if (!text) return null;
  const patterns = list(text);
  const fits = patterns.every(isPagePattern);
  return fits ? patterns : refuse("PAGES", text, 'a comma-separated list of page paths such as "/,/blog/*"');
}

/** Whether a page can fit it: with a letter in place of each `*` it is the one name of a page. */
function isPagePattern(pattern: string): boolean {
  if (!/^[/*]/.test(pattern)) return false;
  const example = pattern.replace(/^\*/, "/x").replaceAll("*", "x");
  try {
    return normalizePage(example, "") === example;
  } catch {
    return false;
  }
}

/** The protocols that `TAKEOVER` names, or {@link ConfigError}. */
export function readTakeover(env: Environment): readonly TakeoverProtocol[] {
  const text = env["TAKEOVER"];
  if (!text) return [];
  if (text.trim() === "all") return TAKEOVER_PROTOCOLS;
  const names = new Set(list(text));
  const known = TAKEOVER_PROTOCOLS.filter((protocol) => names.has(protocol));
  const allowed = `"all", or a comma-separated list of ${TAKEOVER_PROTOCOLS.join(", ")}`;
  return known.length === names.size ? known : refuse("TAKEOVER", text, allowed);
}

/** The value is a secret: no message shows it. */
function readServiceAccount(env: Environment, required: boolean): ServiceAccountKey | undefined {
  const name = "GOOGLE_SERVICE_ACCOUNT_KEY";
  const text = env[name];
  const fields = ["client_email", "private_key", "private_key_id", "project_id"] as const;
  const allowed = `the JSON of a service account's key, with ${fields.join(", ")}`;
  if (!text) return required ? refuse(name, undefined, `${allowed} (or set DATASTORE_EMULATOR_HOST)`) : undefined;
  const key = parseObject(text) ?? {};
  if (fields.every((field) => isText(Reflect.get(key, field)))) return key as ServiceAccountKey;
  throw new ConfigError(`${name} is something else (its value is secret); allowed is ${allowed}.`);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
