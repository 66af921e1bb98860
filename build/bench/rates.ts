import { join } from "node:path";
import { start } from "../process.ts";
import { ROOT } from "../root.ts";
import { table } from "../size.ts";
import { costPerMillion } from "./cost.ts";
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
      const page = `/rate-${rate}-${ids}`;
      await server.observe();
      await sendSteadily(server.url, page, rate, ids);
      const visits = await server.visits(page);
      const { commits } = await server.observe();
      const writes = ids ? (2 * commits + visits) / visits : (3 * commits) / visits;
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

/** autocannon keeps a rate, which wrk does not. */
async function sendSteadily(url: string, page: string, rate: number, ids: boolean): Promise<void> {
  const body = JSON.stringify({ page, ...(ids && { id: "[<id>]" }) });
  const script = join(ROOT, "node_modules", "autocannon", "autocannon.js");
  const connections = rate < CONNECTIONS ? 1 : CONNECTIONS;
  const options = ["--json", "--idReplacement", "-m", "POST", "-H", "Content-Type=application/json", "-b", body];
  const running = start(process.execPath, [
    script,
    ...options,
    "-c",
    String(connections),
    "-R",
    String(rate),
    "-d",
    String(SECONDS),
    `${url}/v1/visits`,
  ]);
  const code = await running.exited;
  if (code !== 0) throw new Error(`autocannon ended with ${code}:\n${running.output()}`);
}

/** How many steps {@link measureRates} has. */
export const RATE_STEPS = 2 * RATES.length;
