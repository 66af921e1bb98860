import { normalizePage } from "./domain/page.ts";
import { siteOfHost } from "./domain/site.ts";
import { ConfigError, choice, integer, listOf, matching, type Setting } from "./environment.ts";
import { SOCKET } from "./http/client-address.ts";
import { type StatsKey, TAKEOVER_PROTOCOLS, type TakeoverProtocol } from "./http/config.ts";
import { parseObject } from "./json.ts";
import type { ServiceAccountKey } from "./stores/datastore/identity.ts";
import type { Shards } from "./stores/datastore/sharding.ts";

const MAX_PORT = 65_535;
const MAX_SHARDS = 100;
const MAX_HOPS = 10;
const MAX_RATE = 1_000_000_000;
/** RFC 9110 `token`. */
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** A host as a URL writes it: a name that DNS can have, or an IPv6 address. */
const HOST = /^(?:\[[\da-f:.]+\]|[a-z\d_-]{1,63}(?:\.[a-z\d_-]{1,63})*)$/;
const GOOGLE_NAME = [/^[\w.:-]{1,100}$/, "at most 100 letters, digits, _, ., : and -"] as const;
const KEY_FIELDS = ["client_email", "private_key", "private_key_id", "project_id"] as const;

export const PORT = integer("PORT", 8080, 0, MAX_PORT);

export const STORE = choice("STORE", null, ["datastore", "sqlite"]);

export const SQLITE_PATH = matching(
  "SQLITE_PATH",
  ".footfall/visits.sqlite",
  // Quotes that an env file kept would be part of a path, and the visits of a container elsewhere than in its volume.
  /^(?![\s"']).*[^\s"']$/s,
  "a file, present or new, without quotes or spaces around its path, that this process may write to",
);

export const DATASTORE_PROJECT_ID = matching("DATASTORE_PROJECT_ID", null, ...GOOGLE_NAME);

const DATABASE_ID = matching("DATASTORE_DATABASE_ID", null, ...GOOGLE_NAME);
/** Google's commands call the default database so, and its API takes no name for it. */
export const DATASTORE_DATABASE_ID: Setting<string, null> = {
  ...DATABASE_ID,
  parse: (text) => (text === "(default)" ? "" : DATABASE_ID.parse(text)),
};

export const DATASTORE_NAMESPACE = matching("DATASTORE_NAMESPACE", null, ...GOOGLE_NAME);

export const DATASTORE_EMULATOR_HOST: Setting<string, null> = {
  name: "DATASTORE_EMULATOR_HOST",
  otherwise: null,
  allowed: "host:port",
  parse: (text) => (/^[^\s/\\?#"'@]+:\d{1,5}$/.test(text) && URL.canParse(`http://${text}`) ? text : null),
};

/** The value is a secret: no message shows it. */
export const GOOGLE_SERVICE_ACCOUNT_KEY: Setting<ServiceAccountKey, null> = {
  name: "GOOGLE_SERVICE_ACCOUNT_KEY",
  otherwise: null,
  allowed: `the JSON of a service account's key, with ${KEY_FIELDS.join(", ")}`,
  parse(text) {
    const key = parseObject(text) ?? {};
    if (KEY_FIELDS.every((field) => isText(Reflect.get(key, field)))) return key as ServiceAccountKey;
    throw new ConfigError(`${this.name} is something else (its value is secret); allowed is ${this.allowed}.`);
  },
};

export const SITES: Setting<"*" | readonly string[], null> = {
  name: "SITES",
  otherwise: null,
  allowed: '"*", or a comma-separated list of host names such as "example.com,blog.example.org"',
  parse: (text) => (text.trim() === "*" ? "*" : listOf(text, siteName)),
};

export const DEFAULT_SITE: Setting<string, null> = { name: "DEFAULT_SITE", otherwise: null, allowed: "a host name", parse: siteName };

/** The value is a secret: no message shows it. A key that no header can carry would refuse everyone. */
export const ADMIN_KEY: Setting<string, null> = {
  name: "ADMIN_KEY",
  otherwise: null,
  allowed: "printable ASCII characters without spaces, and no quotes around them",
  parse(key) {
    if (/^[\x21-\x7e]+$/.test(key) && !/^(["']).*\1$/.test(key)) return key;
    throw new ConfigError(`ADMIN_KEY has a character that no header carries, or stands in quotes; allowed is ${this.allowed}.`);
  },
};

/** The values are secrets: no message shows them. */
export const STATS_KEY: Setting<readonly StatsKey[], null> = {
  name: "STATS_KEY",
  otherwise: null,
  allowed: 'a comma-separated list of KEY or example.com=KEY, the key of letters, digits, "_" and "-"',
  parse(text) {
    return text.split(",").map((entry, index) => {
      const [, host, key] = /^(?:([^=]+)=)?([\w-]+)$/.exec(entry.trim()) ?? [];
      const site = host === undefined ? null : siteName(host);
      if (key !== undefined && (host === undefined || site !== null)) return { key, site };
      throw new ConfigError(`STATS_KEY's entry ${index + 1} is not a key; allowed is ${this.allowed}.`);
    });
  },
};

/** Some of the sites that may count: a word that no host is called by (`yes`) would be a site that nobody has. */
export const PUBLIC_STATS: Setting<"*" | readonly string[], readonly string[]> = {
  name: "PUBLIC_STATS",
  otherwise: [],
  allowed: '"true", "false", or a comma-separated list of sites that may count',
  parse(text) {
    if (text === "true") return "*";
    return text === "false" ? [] : listOf(text, siteName);
  },
};

const SHARD_COUNT = integer("SHARDS", 1, 1, MAX_SHARDS);
export const SHARDS: Setting<Shards, Shards> = {
  ...SHARD_COUNT,
  allowed: `"auto", or ${SHARD_COUNT.allowed}`,
  parse: (text) => (text === "auto" ? "auto" : SHARD_COUNT.parse(text)),
};

/** `UTC` is not looked up: `Intl` takes milliseconds to load. */
export const TIME_ZONE: Setting<string, string> = {
  name: "TIME_ZONE",
  otherwise: "UTC",
  allowed: 'the IANA name of a time zone such as "Europe/Berlin"',
  parse(name) {
    if (name === "UTC") return name;
    try {
      return /^[A-Za-z]/.test(name) ? new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone : null;
    } catch {
      return null;
    }
  },
};

export const VISITORS = choice("VISITORS", null, ["daily", "off"]);

export const TAKEOVER: Setting<readonly TakeoverProtocol[], readonly TakeoverProtocol[]> = {
  name: "TAKEOVER",
  otherwise: [],
  allowed: `"all", or a comma-separated list of ${TAKEOVER_PROTOCOLS.join(", ")}`,
  parse(text) {
    if (text.trim() === "all") return TAKEOVER_PROTOCOLS;
    return listOf(text, (name) => TAKEOVER_PROTOCOLS.find((protocol) => protocol === name) ?? null);
  },
};

/** A header called `Socket` would be the client's own words, and `Forwarded` (RFC 7239) holds more than an address. */
export const CLIENT_IP_HEADER: Setting<string, null> = {
  name: "CLIENT_IP_HEADER",
  otherwise: null,
  allowed: `a header's name other than Forwarded, or on Node "${SOCKET}"`,
  parse: (text) => (text === SOCKET || (HEADER_NAME.test(text) && !/^(?:socket|forwarded)$/i.test(text)) ? text : null),
};

export const CLIENT_IP_HOPS = integer("CLIENT_IP_HOPS", 0, 0, MAX_HOPS);

export const VISITS_PER_MINUTE = integer("VISITS_PER_MINUTE", 120, 0, MAX_RATE);

export const NEW_PAGES_BURST = integer("NEW_PAGES_BURST", 5000, 0, MAX_RATE);

export const NEW_PAGES_PER_HOUR = integer("NEW_PAGES_PER_HOUR", 1000, 0, MAX_RATE);

export const PAGES: Setting<readonly string[], null> = {
  name: "PAGES",
  otherwise: null,
  allowed: 'a comma-separated list of page paths such as "/,/blog/*"',
  parse: (text) => listOf(text, (pattern) => (isPagePattern(pattern) ? pattern : null)),
};

export const LOG = choice("LOG", "problems", ["all", "problems"]);

/** A URL may hold stranger hosts than DNS knows (`a.com;b.com`, quotes, `*`): such a site would allow nobody. */
function siteName(host: string): string | null {
  const site = siteOfHost(host);
  return site !== null && HOST.test(site) ? site : null;
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

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
