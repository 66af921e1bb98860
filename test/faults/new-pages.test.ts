import { afterEach, describe, expect, test } from "vitest";
import { percentile } from "../../build/statistics.ts";
import { nodeOnDatastore, nodeOnSqlite, type Place, type ServiceRow } from "../http/rows.ts";
import { KEY, OPEN } from "../http/service/rig.ts";
import type { NodeServer } from "../support/artefacts.ts";
import { type Client, createClient, newSite } from "../support/http.ts";
import { requires } from "../support/skip.ts";
import { report } from "./findings.ts";
import { type Flow, flow, statusesOf, visitTo } from "./flow.ts";
import { FULL, size, TIMEOUT } from "./size.ts";

const INVENTED = size(1_500, 100_000);
const BURST = size(100, 5_000);
const PER_HOUR = 1_000;
/** The flood's connections and duration. */
const CONNECTIONS = 16;
const SECONDS = size(2, 100);
/** The known page's visits a second. */
const KNOWN_PER_SECOND = 50;
const WARM_UP_S = size(0.5, 10);
const BEFORE_S = size(1, 20);
const MOST_SLOWER = 2;

let place: Place<NodeServer> | undefined;
let served: NodeServer | undefined;
afterEach(async () => {
  await served?.stop();
  await place?.remove();
});

/** Sends invented pages while a known page is counted. */
function flood(row: ServiceRow<NodeServer>): void {
  test(
    `${INVENTED} invented pages create no more counters than the budget allows, and a known page is counted throughout`,
    TIMEOUT,
    async () => {
      place = await row.place();
      served = await place.start({ ...OPEN, NEW_PAGES_BURST: String(BURST), NEW_PAGES_PER_HOUR: String(PER_HOUR) });
      const port = Number(new URL(served.url).port);
      const client = createClient(served.url);
      const site = newSite();
      const known = visitTo(site, "/known");
      const steady = { port, connections: CONNECTIONS, perSecond: KNOWN_PER_SECOND, bytes: () => known };
      const details = new Set<string>();

      const began = Date.now();
      // At full speed: a server that has just started is slow, and would flatter the comparison.
      const warm = await flow({ ...steady, perSecond: Number.POSITIVE_INFINITY, seconds: WARM_UP_S });
      const before = await flow({ ...steady, seconds: BEFORE_S });
      const [during, invented] = await Promise.all([
        flow({ ...steady, seconds: SECONDS }),
        flow({
          port,
          connections: CONNECTIONS,
          seconds: SECONDS,
          perSecond: INVENTED / SECONDS,
          bytes: (index) => visitTo(site, `/invented/${index}`),
          onAnswer: ({ status, text }) => status === 429 && details.add(JSON.parse(text).detail),
        }),
      ]);
      const hours = (Date.now() - began) / 3_600_000;
      // One page is the known one.
      const budget = BURST + Math.ceil(PER_HOUR * hours) + 1;
      const pages = await countPages(client, site);
      const visits = (await client.send(`GET /v1/visits?site=${site}&page=/known`)).json().pages[0].visits;
      client.close();

      const slower = percentile(during.latencies, 0.99) / percentile(before.latencies, 0.99);
      const knownSent = [warm, before, during].reduce((sum, each: Flow) => sum + each.sent, 0);
      const figures = `${pages} pages, allowed ${budget} (${statusesOf(invented)}); the known page's p99 from ${percentile(before.latencies, 0.99).toFixed(1)} to ${percentile(during.latencies, 0.99).toFixed(1)} ms`;
      const goal = `pages ≤ the budget, every visit of the known page counts, its p99 ≤ ${MOST_SLOWER}×`;
      const holds = pages <= budget && visits === knownSent && slower <= MOST_SLOWER;
      report({
        scenario: `New pages, ${row.store}`,
        sent: invented.sent,
        answered: invented.latencies.length,
        counted: pages - 1,
        goal,
        holds,
        figures,
      });
      expect(visits).toBe(knownSent);
      expect(pages).toBeLessThanOrEqual(budget);
      expect(pages).toBe(1 + invented.latencies.length);
      expect([...invented.statuses.keys()].toSorted()).toEqual([200, 429]);
      expect(invented.withoutRetryAfter).toBe(0);
      for (const detail of details) expect(detail).toMatch(/^page is ".*allowed /);
      if (FULL) expect(slower).toBeLessThanOrEqual(MOST_SLOWER);
    },
  );
}

/** How many pages a site has: an export comes in parts. */
async function countPages(client: Client, site: string): Promise<number> {
  let pages = 0;
  for (let query: string | undefined = `?site=${site}&limit=5000`; query !== undefined; ) {
    const { text, headers } = await client.send(`GET /v1/export${query}`, { headers: KEY });
    pages += text.split("\n").filter((line) => line.startsWith('{"page":"/')).length;
    query = /^<(.*)>; rel="next"$/.exec(String(headers["link"]))?.[1];
  }
  return pages;
}

describe(`a flood of new pages on ${nodeOnSqlite.name}`, () => flood(nodeOnSqlite));
requires("emulator")(`a flood of new pages on ${nodeOnDatastore.name}`, () => flood(nodeOnDatastore));
