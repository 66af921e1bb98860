import { table } from "../size.ts";
import { costPerMillion, writesPerVisit } from "./cost.ts";
import { sendVisits } from "./load-tool.ts";
import type { Server } from "./server.ts";

/** Visits per second on one page. */
const RATES = [1, 10, 1_000];
const SECONDS = 5;
/** Fewer visits a second come one after the other, so that none shares a commit: the dearest case. */
const CONNECTIONS = 64;

/** How many entity writes a visit takes at a steady rate, and what a million of such visits cost: as a table. */
export async function measureRates(server: Server, step: (what: string) => void): Promise<string> {
  const rows: string[][] = [];
  for (const ids of [false, true]) {
    for (const rate of RATES) {
      step(`${rate} visits/s${ids ? ", ids" : ""}`);
      const run = `rate-${rate}-${ids}`;
      await server.observe();
      await sendVisits({ url: server.url, connections: rate < CONNECTIONS ? 1 : CONNECTIONS, seconds: SECONDS, run, pages: 1, ids, rate });
      const visits = await server.visits([`/${run}-0`]);
      const { commits } = await server.observe();
      const writes = writesPerVisit(visits, commits, ids);
      const cost = costPerMillion(rate, writes, ids ? 1 : commits / visits);
      const money = [cost.writes, cost.deletes, cost.gateway, cost.run, cost.logs, cost.sum].map((dollars) => `$${dollars.toFixed(2)}`);
      rows.push([`${rate}/s${ids ? ", ids" : ""}`, String(visits), String(commits), writes.toFixed(2), ...money]);
    }
  }
  return table([
    ["one page", "visits", "commits", "writes/visit", "writes", "TTL deletes", "gateway", "Cloud Run", "logs", "per million"],
    ...rows,
  ]);
}

/** How many steps {@link measureRates} has. */
export const RATE_STEPS = 2 * RATES.length;
