import { SERVER } from "../server.ts";
import { table } from "../size.ts";
import { type Answers, expectExact, loadTool, sendVisits } from "./load-tool.ts";
import type { Figure } from "./result.ts";
import { inDatastore, type Server, startServer } from "./server.ts";
import { shortly } from "./statistics.ts";

/** Instances that count on one page at the same time. */
const INSTANCES = [1, 2, 3, 4];
/** Pages that one instance counts on in turn, beside the one above; autocannon knows but one. */
const PAGES = loadTool === "wrk" ? [10, 100, 1_000] : [];
/** Of all instances together; {@link INSTANCES} divide it, or nearly. */
const CONNECTIONS = 192;
const WARM_UP = { connections: 64, seconds: 2, run: "warm", pages: 1, ids: false };

/** How many steps {@link measureScale} has. */
export const SCALE_STEPS = 2 * INSTANCES.length + PAGES.length;

/** What more instances and more pages do, each once, with every count checked: as a table. */
export async function measureScale(
  emulator: string,
  seconds: number,
  step: (what: string) => void,
): Promise<{ note: string; figures: Record<string, Figure> }> {
  const env = inDatastore(emulator, "scale");
  const servers: Server[] = [];
  const rows: string[][] = [];
  const figures: Record<string, Figure> = {};

  async function measure(name: string, run: string, pages: number): Promise<void> {
    step(name);
    const connections = Math.floor(CONNECTIONS / servers.length);
    for (const server of servers) await server.observe();
    const answers = await Promise.all(servers.map(({ url }) => sendVisits({ url, connections, seconds, run, pages, ids: false })));
    const total = sumOf(answers);
    const names = Array.from({ length: pages }, (_, index) => `/${run}-${index}`);
    const stored = (await servers[0]?.visits(names)) ?? 0;
    expectExact(name, total, stored, connections * servers.length);
    const seen = await Promise.all(servers.map((server) => server.observe()));
    const commits = seen.reduce((sum, one) => sum + one.commits, 0);
    rows.push([name, shortly(total.perSecond), shortly(total.p99Ms), shortly(stored / commits), "all"]);
    figures[name] = { value: total.perSecond, unit: "visits/s", spread: 0 };
  }

  try {
    for (const count of INSTANCES) {
      step(`instance ${count}: warming up`);
      const server = await startServer(SERVER, env);
      servers.push(server);
      await sendVisits({ ...WARM_UP, url: server.url });
      await measure(count === 1 ? "1 instance" : `${count} instances`, `instances-${count}`, 1);
    }
    await Promise.all(servers.splice(1).map((server) => server.stop()));
    for (const pages of PAGES) await measure(`${pages} pages`, `pages-${pages}`, pages);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  const text = table([["", "visits/s", "p99 ms", "visits/commit", "counted"], ...rows]);
  return { note: `Without ids, ${CONNECTIONS} connections in all; instances on one page, then pages on one instance:\n\n${text}`, figures };
}

/** What the instances did together; the slowest one's latency. */
function sumOf(answers: readonly Answers[]): Answers {
  return answers.reduce((a, b) => ({
    counted: a.counted + b.counted,
    failed: a.failed + b.failed,
    perSecond: a.perSecond + b.perSecond,
    p50Ms: Math.max(a.p50Ms, b.p50Ms),
    p99Ms: Math.max(a.p99Ms, b.p99Ms),
  }));
}
