import { createProgress } from "../../progress.ts";
import { SERVER } from "../../server.ts";
import { table } from "../../size.ts";
import { shortly } from "../../statistics.ts";
import { costPerMillion, writesPerVisit } from "../cost.ts";
import { type Answers, expectExact, loadTool, sendVisits } from "../load-tool.ts";
import type { Figure } from "../result.ts";
import type { Run } from "../run.ts";
import { inDatastore, type Server, startServer } from "../server.ts";
import { warmUpByLoad } from "../warm-up.ts";

/** Instances that count on one page at the same time. */
const INSTANCES = [1, 2, 3, 4];
/** Pages that one instance counts on in turn, beside the one above; autocannon knows but one. */
const PAGES = loadTool === "wrk" ? [10, 100, 1_000] : [];
/** Of all instances together; {@link INSTANCES} divide it, or nearly. */
const CONNECTIONS = 192;
const WARM_UP = { connections: 64, seconds: 2, run: "warm", pages: 1, ids: false };

/** Visits per second on one page, for so long. */
const RATES = [1, 10, 1_000];
const RATE_SECONDS = 5;
/** Fewer visits a second come one after the other, so that none shares a commit: the dearest case. */
const RATE_CONNECTIONS = 64;

/** What was measured, by name and as tables. */
interface Emulated {
  readonly figures: Readonly<Record<string, Figure>>;
  readonly notes: readonly string[];
}

/** What more instances and more pages do, and what a visit costs at a steady rate; every count is checked. Nothing without the emulator. */
export async function measureOnEmulator(run: Run): Promise<Emulated> {
  if (run.emulator === null) return { figures: {}, notes: [] };
  const { emulator, options } = run;
  const rows: string[][] = [];
  const figures: Record<string, Figure> = {};
  const notes: string[] = [];
  const progress = createProgress("scale", 2 * INSTANCES.length + PAGES.length + 2 * RATES.length);
  const servers: Server[] = [];
  const env = inDatastore(emulator, "scale");

  async function measure(name: string, label: string, pages: number): Promise<void> {
    progress.step(name);
    const connections = Math.floor(CONNECTIONS / servers.length);
    for (const server of servers) await server.observe();
    const load = { connections, seconds: options.seconds, run: label, pages, ids: false };
    const total = sumOf(await Promise.all(servers.map(({ url }) => sendVisits({ ...load, url }))));
    const stored = (await servers[0]?.visits(Array.from({ length: pages }, (_, index) => `/${label}-${index}`))) ?? 0;
    expectExact(name, total, stored, connections * servers.length);
    const seen = await Promise.all(servers.map((server) => server.observe()));
    const commits = seen.reduce((sum, one) => sum + one.commits, 0);
    rows.push([name, shortly(total.perSecond), shortly(total.p99Ms), shortly(stored / commits), "all"]);
    figures[name] = { value: total.perSecond, unit: "visits/s", spread: 0 };
  }

  try {
    for (const count of INSTANCES) {
      progress.step(`instance ${count}: warming up`);
      const server = await startServer(SERVER, env);
      servers.push(server);
      await sendVisits({ ...WARM_UP, url: server.url });
      if (count === 1) await warmUpByLoad(server.url, run);
      await measure(count === 1 ? "1 instance" : `${count} instances`, `instances-${count}`, 1);
    }
    await Promise.all(servers.splice(1).map((server) => server.stop()));
    const [server] = servers;
    if (server) {
      for (const pages of PAGES) await measure(`${pages} pages`, `pages-${pages}`, pages);
      notes.push(`At a steady rate, with the prices of build/bench/cost.ts:\n\n${await measureRates(server, progress.step)}`);
    }
  } finally {
    progress.end();
    await Promise.all(servers.map((server) => server.stop()));
  }
  const header = ["", "visits/s", "p99 ms", "visits/commit", "counted"];
  const title = `On the emulator: instances on one page, then pages on one instance (no ids, ${CONNECTIONS} connections in all)`;
  return { figures, notes: [`${title}:\n\n${table([header, ...rows])}`, ...notes] };
}

/** How many entity writes a visit takes at a steady rate, and what a million of such visits cost, as a table. */
async function measureRates(server: Server, step: (what: string) => void): Promise<string> {
  const rows: string[][] = [];
  for (const [ids, rate] of [false, true].flatMap((ids) => RATES.map((rate) => [ids, rate] as const))) {
    const name = `${rate}/s${ids ? ", ids" : ""}`;
    step(name);
    const run = `rate-${rate}-${ids}`;
    const connections = rate < RATE_CONNECTIONS ? 1 : RATE_CONNECTIONS;
    await server.observe();
    const answers = await sendVisits({ url: server.url, connections, seconds: RATE_SECONDS, run, pages: 1, ids, rate });
    const visits = await server.visits([`/${run}-0`]);
    expectExact(name, answers, visits, connections);
    const { commits } = await server.observe();
    const writes = writesPerVisit(visits, commits, ids);
    const cost = costPerMillion(rate, writes, ids ? 1 : commits / visits);
    const money = [cost.writes, cost.deletes, cost.gateway, cost.run, cost.logs, cost.sum].map((dollars) => `$${dollars.toFixed(2)}`);
    rows.push([name, String(visits), String(commits), writes.toFixed(2), ...money]);
  }
  const header = ["one page", "visits", "commits", "writes/visit", "writes", "TTL deletes", "gateway", "Cloud Run", "logs", "per million"];
  return table([header, ...rows]);
}

/** What the instances did together; the slowest one's latency. */
export function sumOf(answers: readonly Answers[]): Answers {
  return answers.reduce((a, b) => ({
    counted: a.counted + b.counted,
    failed: a.failed + b.failed,
    perSecond: a.perSecond + b.perSecond,
    p50Ms: Math.max(a.p50Ms, b.p50Ms),
    p99Ms: Math.max(a.p99Ms, b.p99Ms),
  }));
}
