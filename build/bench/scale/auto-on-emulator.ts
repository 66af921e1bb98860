import { createProgress } from "../../progress.ts";
import { SERVER } from "../../server.ts";
import { table } from "../../size.ts";
import { median, shortly } from "../../statistics.ts";
import { expectExact, sendVisits } from "../load-tool.ts";
import { type Budget, type Figure, figureOf, least } from "../result.ts";
import type { Run } from "../run.ts";
import { inDatastore, type Server, startServer } from "../server.ts";
import { warmUpByLoad } from "../warm-up.ts";
import { sumOf } from "./on-emulator.ts";

/** Processes that count on one page. */
const INSTANCES = 3;
const CONNECTIONS = 64;
const SHARDS = ["1", "auto"] as const;
const GOAL = 0.9;

/** The throughput with `SHARDS=auto`, of that with `SHARDS=1`: three servers of each, in turn. Every count is checked. */
export async function compareAuto(run: Run): Promise<{
  readonly figures: Readonly<Record<string, Figure>>;
  readonly budgets: readonly Budget[];
  readonly notes: readonly string[];
}> {
  if (run.emulator === null) return { figures: {}, budgets: [], notes: [] };
  const { rounds, seconds } = run.options;
  const progress = createProgress("scale", 1 + rounds * SHARDS.length);
  const fleets = new Map<string, Server[]>();
  const perSecond = new Map<string, number[]>(SHARDS.map((shards) => [shards, []]));

  async function measure(shards: string, round: number): Promise<void> {
    const servers = fleets.get(shards) ?? [];
    const name = `SHARDS=${shards}, round ${round + 1}`;
    progress.step(name);
    const label = `shards-${shards}-${round}`;
    const load = { connections: CONNECTIONS, seconds, run: label, pages: 1, ids: false };
    const total = sumOf(await Promise.all(servers.map(({ url }) => sendVisits({ ...load, url }))));
    expectExact(name, total, (await servers[0]?.visits([`/${label}-0`])) ?? 0, CONNECTIONS * INSTANCES);
    perSecond.get(shards)?.push(total.perSecond);
  }

  try {
    progress.step("SHARDS=auto and 1: warming up");
    for (const shards of SHARDS) {
      const env = { ...inDatastore(run.emulator, `shards-${shards}`), SHARDS: shards };
      const servers = await Promise.all(Array.from({ length: INSTANCES }, () => startServer(SERVER, env)));
      fleets.set(shards, servers);
      for (const { url } of servers) await sendVisits({ url, connections: CONNECTIONS, seconds: 2, run: "warm", pages: 1, ids: false });
    }
    await warmUpByLoad(fleets.get("auto")?.[0]?.url ?? "", run);
    for (let round = 0; round < rounds; round += 1) {
      for (const shards of round % 2 === 0 ? SHARDS : SHARDS.toReversed()) await measure(shards, round);
    }
  } finally {
    progress.end();
    await Promise.all([...fleets.values()].flat().map((server) => server.stop()));
  }
  const [one = [], auto = []] = SHARDS.map((shards) => perSecond.get(shards));
  const ratios = auto.map((value, round) => value / (one[round] ?? Number.NaN));
  const ratio = median(ratios);
  const rows = auto.map((value, round) => [
    `round ${round + 1}`,
    shortly(one[round] ?? Number.NaN),
    shortly(value),
    shortly(ratios[round] ?? Number.NaN),
    "all",
  ]);
  return {
    figures: { [`auto, ${INSTANCES} instances`]: figureOf(ratios, "of SHARDS=1") },
    budgets: [least(`${INSTANCES} instances on the emulator: SHARDS=auto, of SHARDS=1`, ratio, GOAL)],
    notes: [
      `On the emulator, ${INSTANCES} instances on one page:\n\n${table([["", "SHARDS=1, visits/s", "SHARDS=auto, visits/s", "ratio", "counted"], ...rows])}`,
    ],
  };
}
