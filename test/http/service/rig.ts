import type { Served } from "../../support/artefacts.ts";
import type { Client } from "../../support/http.ts";

/** The key of every service here. */
export const KEY = { "X-API-Key": "secret" };
/** An `Origin` that the guarded service allows. */
export const FROM_SITE = { Origin: "https://example.com" };

/** The header of the guarded service that bears the client's address. */
export const ADDRESS = "X-Client-Address";

/** No limit by address or by new pages is met; limits.ts and test/http/bounds.test.ts are about those. */
const UNLIMITED = { ADMIN_KEY: "secret", VISITS_PER_MINUTE: "1000000000", NEW_PAGES_BURST: "1000000000" };
/** The settings of a service for every site. */
export const OPEN = { ...UNLIMITED, SITES: "*", PUBLIC_STATS: "true", VISITORS: "off" };
/** The settings of a service for two sites, whose lists need the key, and which estimates visitors. */
export const GUARDED = {
  ...UNLIMITED,
  SITES: "example.com,www.other.example",
  CLIENT_IP_HEADER: ADDRESS,
  VISITORS: "daily",
  DEFAULT_SITE: "example.com",
};

/** The text that counting answers without visitors, where all visits of the site are its page's and today's. */
export function countedText(site: string, page: string, visits: number, outcome: object = { counted: true }): string {
  return JSON.stringify({ site, page, visits, siteVisits: visits, visitsToday: visits, siteVisitsToday: visits, ...outcome });
}

/** The services that a row's tests share; each test has sites of its own. */
export interface Rig {
  readonly open: Client;
  /** Another instance on the data of `open`; `open` itself where the engine allows one. */
  readonly second: Client;
  /** On other data. */
  readonly guarded: Client;
  readonly served: { readonly open: Served; readonly guarded: Served };
}
