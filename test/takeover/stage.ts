import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { nodeOnSqlite, type Place, workerOnDurableObjects } from "../http/rows.ts";
import type { Served } from "../support/artefacts.ts";
import { type Answer, type Client, createClient, type Sent } from "../support/http.ts";

/** A browser, as it names itself. */
export const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";
/** GitHub's proxy of images. */
export const CAMO = "github-camo (876de43e)";
export const GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
/** The site of keys that name none. */
export const DEFAULT_SITE = "keys.example";
export const ADMIN_KEY = "admin";
/** A site that may not count. */
export const STRANGER = "https://stranger.test";

/** What a test asks. */
export interface Stage {
  readonly runtime: "Node" | "the worker";
  send(target: string, sent?: Sent): Promise<Answer>;
  /** A page's visits and its site's. */
  totals(site: string, page: string): Promise<[page: number, site: number]>;
  /** A website that may count, and that no other test has. */
  newSite(): string;
}

/** The settings of a service that answers the protocols named, for any of many sites. */
export function settings(protocols: string): { env: Record<string, string>; sites: Iterator<string> } {
  const sites = Array.from({ length: 300 }, () => `${randomUUID().slice(0, 8)}.example`);
  const env = {
    TAKEOVER: protocols,
    SITES: ["github.com", DEFAULT_SITE, ...sites].join(","),
    DEFAULT_SITE,
    ADMIN_KEY,
    // By default a worker knows its clients.
    VISITORS: "off",
    VISITS_PER_MINUTE: "0",
  };
  return { env, sites: sites.values() };
}

/** Runs a suite on Node and on the worker. `stage` is there while its tests run. */
export function describeTakeover(protocols: string, suite: (stage: Stage) => void, own: Record<string, string> = {}): void {
  describe.each([nodeOnSqlite, workerOnDurableObjects])("$name", (row) => {
    let place: Place;
    let served: Served;
    let client: Client;
    const { env, sites } = settings(protocols);

    beforeAll(async () => {
      place = await row.place();
      served = await place.start({ ...env, ...own });
      client = createClient(served.url);
    });
    afterAll(async () => {
      client?.close();
      await served?.stop();
      await place?.remove();
    });

    const send: Stage["send"] = (target, sent) => client.send(target, sent);
    suite({
      runtime: row === nodeOnSqlite ? "Node" : "the worker",
      send,
      async totals(site, page) {
        const { pages, siteVisits } = (await send(`GET /v1/visits?${new URLSearchParams({ site, page })}`)).json();
        return [pages[0].visits, siteVisits];
      },
      newSite: () => sites.next().value ?? "no site is left",
    });
  });
}

/** The headers of a script of a page. */
export function fromPage(site: string): Record<string, string> {
  return { Origin: `https://${site}`, Referer: `https://${site}/`, "User-Agent": CHROME, "Sec-Fetch-Site": "cross-site" };
}

/** The headers of an image or a script that a page loads. */
export function fromElement(referer: string): Record<string, string> {
  return { Referer: referer, "User-Agent": CHROME, "Sec-Fetch-Site": "cross-site" };
}
