import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { buildOrFail } from "../bundle.ts";
import { products } from "../products.ts";
import { DIST } from "../root.ts";
import { NODE_FLAGS, SERVER } from "../server.ts";
import { bytes, measure, metaFile, table } from "../size.ts";
import { type Checkout, withCheckout } from "./checkout.ts";
import { timeStart } from "./cold-start.ts";
import { withEmulator } from "./emulator.ts";
import { sendVisits } from "./load-tool.ts";
import type { Options } from "./options.ts";
import { createProgress } from "./progress.ts";
import { inDatastore, inSqlite, type Server, startServer } from "./server.ts";
import { median, medianInterval, shortly } from "./statistics.ts";
import { warmUp } from "./warm-up.ts";

/** Fewer pairs cannot tell a difference from noise. */
const LEAST_ROUNDS = 6;
const WARM_UP = { connections: 64, seconds: 4, run: "warm", pages: 1 };
const LOADS = [
  { connections: 64, ids: false },
  { connections: 256, ids: false },
  { connections: 256, ids: true },
];

/** What was measured of both builds, each value of one next to its neighbour of the other. */
type Pairs = Map<string, { before: number[]; after: number[] }>;

/** Compares this build with that of another commit, both in turn, and prints what moved beyond noise. */
export async function compare(ref: string, { parts, starts, rounds, seconds }: Options): Promise<void> {
  await withCheckout(ref, async (other) => {
    await buildOrFail();
    const servers = {
      before: { file: join(other.dist, relative(DIST, SERVER)), flags: other.flags },
      after: { file: SERVER, flags: NODE_FLAGS },
    };
    if (parts.includes("size")) console.log(`\nGzip, in bytes\n\n${await compareSizes(other)}`);
    if (!parts.includes("cold") && !parts.includes("load")) return;
    const notes: string[] = [];
    const folder = await mkdtemp(join(tmpdir(), "footfall-bench-"));
    const pairs: Pairs = new Map();
    try {
      await withEmulator(notes, async (emulator) => {
        if (emulator !== null && parts.includes("cold")) await warmUp(emulator, starts);
        const stores = [
          { name: "SQLite", env: (side: Side) => inSqlite(folder, side) },
          ...(emulator === null ? [] : [{ name: "Datastore", env: (side: Side) => inDatastore(emulator, side) }]),
        ];
        for (const store of stores) {
          if (parts.includes("cold")) await compareStarts(store, servers, Math.max(starts, LEAST_ROUNDS), pairs);
          if (parts.includes("load")) await compareLoads(store, servers, { rounds: Math.max(rounds, LEAST_ROUNDS), seconds }, pairs);
        }
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    console.log(`\n${report(other.commit, pairs)}`);
    for (const note of notes) console.log(`\n${note}`);
  });
}

/** A built server, and what it tells Node. */
interface Built {
  readonly file: string;
  readonly flags: readonly string[];
}

type Side = "before" | "after";
const SIDES: readonly Side[] = ["before", "after"];

interface Place {
  readonly name: string;
  readonly env: (side: Side) => Record<string, string>;
}

async function compareSizes({ dist }: Checkout): Promise<string> {
  const rows = await Promise.all(
    products.map(async ({ name }) => {
      const size = async (folder: string | undefined) => {
        const metafile = JSON.parse(await readFile(metaFile(name, folder), "utf8"));
        const files = await measure(metafile, folder && dirname(folder));
        return files.reduce((sum, { gzip }) => sum + gzip, 0);
      };
      const [before, after] = await Promise.all([size(dist).catch(() => Number.NaN), size(undefined)]);
      return [name, bytes(before), bytes(after), before === after ? "same" : `${after > before ? "+" : ""}${bytes(after - before)}`];
    }),
  );
  return table([["", "before", "here", ""], ...rows]);
}

async function compareStarts({ name, env }: Place, servers: Record<Side, Built>, starts: number, pairs: Pairs): Promise<void> {
  const progress = createProgress("cold", starts);
  for (let run = -1; run < starts; run += 1) {
    if (run >= 0) progress.step(name);
    for (const side of run % 2 === 0 ? SIDES : SIDES.toReversed()) {
      const request = { method: "POST", path: "/v1/visits" } as const;
      const { file, flags } = servers[side];
      const { ms, cpuMs } = await timeStart({ name: side, args: [...flags, file], env: env(side), request });
      if (run < 0) continue;
      add(pairs, `first visit counted in ${name}, ms`, side, ms);
      add(pairs, `the same, CPU ms of the main thread, ${name}`, side, cpuMs);
    }
  }
  progress.end();
}

async function compareLoads(
  { name, env }: Place,
  builds: Record<Side, Built>,
  { rounds, seconds }: { rounds: number; seconds: number },
  pairs: Pairs,
): Promise<void> {
  const servers = new Map<Side, Server>();
  const loads = name === "SQLite" ? LOADS.slice(0, 1) : LOADS;
  const progress = createProgress("load", rounds * loads.length);
  try {
    for (const side of SIDES) {
      const { file, flags } = builds[side];
      const server = await startServer(file, env(side), flags);
      servers.set(side, server);
      await sendVisits({ ...WARM_UP, url: server.url, ids: true });
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const load of loads) {
        const what = `${name}, ${load.connections} connections${load.ids ? ", ids" : ""}`;
        progress.step(what);
        for (const [side, server] of round % 2 === 0 ? servers : [...servers].reverse()) {
          await server.observe();
          const { counted, perSecond } = await sendVisits({ ...load, url: server.url, seconds, run: `r${round}`, pages: 1 });
          add(pairs, `${what}, visits/s`, side, perSecond);
          add(pairs, `${what}, CPU µs per visit`, side, ((await server.observe()).cpuMs * 1_000) / counted);
        }
      }
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
  progress.end();
}

function add(pairs: Pairs, name: string, side: Side, value: number): void {
  const pair = pairs.get(name) ?? { before: [], after: [] };
  pairs.set(name, pair);
  pair[side].push(value);
}

/** The ratios of neighbours: whatever else the machine did, it did to both. */
function report(commit: string, pairs: Pairs): string {
  const rows = [...pairs].map(([name, { before, after }]) => {
    const ratios = after.map((value, index) => value / (before[index] ?? Number.NaN));
    const [low, high] = medianInterval(ratios);
    const moved = low > 1 || high < 1 ? "moved" : "within noise";
    return [name, shortly(median(before)), shortly(median(after)), shortly(median(ratios)), `${shortly(low)} to ${shortly(high)}`, moved];
  });
  return table([["", commit, "here", "ratio", "95 % of it", ""], ...rows]);
}
