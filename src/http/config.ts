/** The settings of the HTTP layer. */
export interface AppConfig {
  /** The sites that may count; `"*"` is every one. */
  readonly sites: "*" | readonly string[];
  readonly defaultSite: string;
  readonly adminKey: string | null;
  readonly publicStats: boolean;
  /** Patterns of the pages that may be counted (`*` stands for any characters); `null`: all. */
  readonly pages: readonly string[] | null;
  /** The one header that is trusted to bear the client's address. */
  readonly clientIpHeader: string | null;
  /** For each client address; 0: no limit. */
  readonly visitsPerMinute: number;
  /** New pages of a site: at once, and as they come back. */
  readonly newPagesBurst: number;
  readonly newPagesPerHour: number;
  readonly log: "all" | "problems";
  /** Google's project, by which a log line finds its trace. */
  readonly project: string | null;
}
