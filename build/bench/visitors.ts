import { createProgress } from "../progress.ts";
import { NODE_FLAGS, SERVER } from "../server.ts";
import { grouped, median, shortly } from "../statistics.ts";
import { type Started, timeStart } from "../time-start.ts";
import { ratioOf } from "./against.ts";
import { expectExact, loadTool, sendVisits } from "./load-tool.ts";
import { figureOf, least, most, type Result } from "./result.ts";
import type { Run } from "./run.ts";
import { inDatastore, type Server, startServer } from "./server.ts";
import { measureStored, VISITORS } from "./visitors-stored.ts";
import { warmUpByCommits, warmUpByLoad } from "./warm-up.ts";

const KINDS = ["off", "daily"] as const;
type Kind = (typeof KINDS)[number];
/** A number for each kind; several are in the order of the rounds. */
type Both<T> = Readonly<Record<Kind, T>>;

/** Goals of the issue. */
const OF_OFF = 0.8;
const FIRST_OF_OFF = 1.1;
const CONNECTIONS = [64, 256];
/** Both know the client, and limit its rate; nobody comes near this. */
const SETTINGS = { CLIENT_IP_HEADER: "X-Client-IP", VISITS_PER_MINUTE: "1000000" };
/** The page on which every visitor has been before. */
const KNOWN = "known";
/** How far an estimate may lie off: 5.5 times its standard deviation, which none of 200 did. */
const TOLERANCE = 5.5 * 0.018;

/** Visits with `VISITORS=daily` next to `VISITORS=off`, in turn; counts and estimates are checked. */
export async function benchVisitors(run: Run): Promise<Result> {
  const { emulator, options, notes } = run;
  const rows: string[][] = [["", ...KINDS, "ratio"]];
  const title = `Visitors: daily next to off, ${grouped(VISITORS)} different ones (load by ${loadTool})`;
  const result = { part: "visitors", title, charts: [] } as const;
  if (emulator === null) return { ...result, table: rows, budgets: [], figures: {}, notes };
  const points = CONNECTIONS.flatMap((connections) => [true, false].map((isNew) => ({ connections, isNew })));
  const progress = createProgress("visitors", 3 + (loadTool === "wrk" ? points.length * options.rounds : 0));
  const figures: Record<string, Result["figures"][string]> = {};
  const row = (name: string, unit: string, values: Both<readonly number[]>): number => {
    const ratio = ratioOf({ before: values.off, here: values.daily });
    rows.push([`${name}, ${unit}`, ...[median(values.off), median(values.daily), ratio].map(shortly)]);
    for (const kind of KINDS) figures[`${name}, ${kind}`] = figureOf(values[kind], unit);
    return ratio;
  };

  progress.step("first visits");
  await warmUpByCommits(emulator, options.starts, true);
  const first = row("first visit counted", "ms", await timeStarts(emulator, options.starts));
  const budgets = [most("first visit counted with visitors, of without", first, FIRST_OF_OFF)];
  if (loadTool === "wrk") {
    const servers = { off: await startWith("off", run), daily: await startWith("daily", run) };
    try {
      for (const kind of KINDS) {
        await warmUpByLoad(servers[kind].url, run, VISITORS);
        await countOn(servers[kind], kind, KNOWN, 256, options.seconds);
      }
      for (const { connections, isNew } of points) {
        const rates: Record<Kind, number[]> = { off: [], daily: [] };
        const cpu: Record<Kind, number[]> = { off: [], daily: [] };
        for (let round = 0; round < options.rounds; round += 1) {
          progress.step(`${connections} connections`);
          for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
            const page = isNew ? `new-${connections}-${round}` : KNOWN;
            const seen = await countOn(servers[kind], kind, page, connections, options.seconds);
            rates[kind].push(seen.perSecond);
            cpu[kind].push(seen.cpuUs);
          }
        }
        const name = `${connections} connections, ${isNew ? "a new page" : "a page that knows them"}`;
        const ratio = row(name, "visits/s", rates);
        row(name, "CPU µs of the server a visit", cpu);
        budgets.push(least(`${name}: throughput with visitors, of without`, ratio, OF_OFF));
      }
    } finally {
      await Promise.all(KINDS.map((kind) => servers[kind].stop()));
    }
  }
  progress.step("entity writes and bytes");
  const [off, daily] = [await measureStored(emulator, false), await measureStored(emulator, true)];
  progress.end();
  const writes = (when: "first" | "again") => ({ off: [off.writes[when] / VISITORS], daily: [daily.writes[when] / VISITORS] });
  row("first visits: entity writes a visit", "at 20 a commit", writes("first"));
  row("visits of known visitors: entity writes a visit", "at 20 a commit", writes("again"));
  for (const [index, { visitors, counter, sketch }] of daily.stored.entries()) {
    const before = off.stored[index]?.counter ?? Number.NaN;
    row(`a page of ${visitors} visitors a day: its counter`, "bytes", { off: [before], daily: [counter] });
    rows.push([`  its sketch, bytes`, "", shortly(sketch), ""]);
  }
  const noLoad = loadTool === "wrk" ? [] : ["Without wrk there is no load of different visitors."];
  return { ...result, table: rows, budgets, figures, notes: [...notes, ...noLoad] };
}

function startWith(kind: Kind, { emulator }: Run): Promise<Server> {
  return startServer(SERVER, { ...inDatastore(emulator, `visitors-${kind}`), ...SETTINGS, VISITORS: kind });
}

/** Starts the server so many times with each, in alternating order; the client is known by its connection. */
async function timeStarts(emulator: string, starts: number): Promise<Both<number[]>> {
  const times: Record<Kind, number[]> = { off: [], daily: [] };
  const env = Object.fromEntries(
    KINDS.map((kind) => [kind, { ...inDatastore(emulator, `first-${kind}`), CLIENT_IP_HEADER: "socket", VISITORS: kind }]),
  );
  // The first start of each brings its files into memory, and is not counted.
  for (let round = -1; round < starts; round += 1) {
    for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
      const request = { method: "POST", path: "/v1/visits" } as const;
      const { ms }: Started = await timeStart({ name: kind, args: [...NODE_FLAGS, SERVER], env: env[kind] ?? {}, request });
      if (round >= 0) times[kind].push(ms);
    }
  }
  return times;
}

/** Counts visits of all visitors in turn; throws where a visit is missing, or where the estimate is too far off. */
async function countOn(server: Server, kind: Kind, run: string, connections: number, seconds: number) {
  const path = `/${run}-0`;
  const before = await server.visits([path]);
  await server.observe();
  const answers = await sendVisits({ url: server.url, connections, seconds, run, pages: 1, ids: false, visitors: VISITORS });
  const stored = (await server.visits([path])) - before;
  const { cpuMs } = await server.observe();
  expectExact(`visitors ${kind}`, answers, stored, connections);
  const { pages } = (await (await fetch(`${server.url}/v1/visits?page=${path}`)).json()) as { pages: { visitors?: number }[] };
  const shown = pages[0]?.visitors;
  // They come in turn, from the first one again in each load.
  const [fewest, most] = [Math.min(VISITORS, answers.counted - connections), Math.min(VISITORS, before + stored)];
  const isRight = shown !== undefined && shown >= fewest * (1 - TOLERANCE) && shown <= most * (1 + TOLERANCE);
  if (kind === "off" ? shown !== undefined : !isRight) throw new Error(`${shown} visitors are shown of ${fewest} to ${most}`);
  return { perSecond: answers.perSecond, cpuUs: (cpuMs * 1_000) / answers.counted };
}
