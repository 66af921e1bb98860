/** The protocols of other counters that `TAKEOVER` may name; src/routes/takeover/ has a file for each. */
export const TAKEOVER_PROTOCOLS = [
  "busuanzi",
  "vercount",
  "soxft",
  "leancloud",
  "openkounter",
  "goatcounter",
  "komarev",
  "visitor-badge",
  "seeyoufarm",
  "umami",
  "plausible",
  "counterscale",
  "abacus",
  "countapi",
  "moe-counter",
  "hits",
] as const;

export type TakeoverProtocol = (typeof TAKEOVER_PROTOCOLS)[number];

/** A key of `STATS_KEY`. */
export interface StatsKey {
  readonly key: string;
  /** `null`: it opens all sites. */
  readonly site: string | null;
}

/** The settings of the HTTP layer. */
export interface AppConfig {
  /** The sites that may count; `"*"` is every one. */
  readonly sites: "*" | readonly string[];
  readonly defaultSite: string;
  /** `SITES` has several and `DEFAULT_SITE` is not set: who sends an image without a word of its site may mean any of them. */
  readonly imagesNameSite: boolean;
  readonly adminKey: string | null;
  /** The sites whose lists and series need no key; `"*"` is every one. */
  readonly publicStats: "*" | readonly string[];
  /** Keys that read lists and series and change nothing. */
  readonly statsKeys: readonly StatsKey[];
  /** Patterns of the pages that may be counted (`*` stands for any characters); `null`: all. */
  readonly pages: readonly string[] | null;
  /** The one header that is trusted to bear the client's address; `socket`: the connection's own address. */
  readonly clientIpHeader: string | null;
  /** Of a list of addresses, how many entries at its end are proxies'. */
  readonly clientIpHops: number;
  /** For each client address; 0: no limit. */
  readonly visitsPerMinute: number;
  /** New pages of a site: at once, and as they come back. */
  readonly newPagesBurst: number;
  readonly newPagesPerHour: number;
  /** The protocols of other counters that are answered as well. */
  readonly takeover: readonly TakeoverProtocol[];
  /** Whether visitors are estimated. */
  readonly visitors: "daily" | "off";
  /** At whose midnight a day begins: an IANA name. */
  readonly timeZone: string;
  readonly log: "all" | "problems";
  /** Google's project, by which a log line finds its trace. */
  readonly project: string | null;
}
