import { join } from "node:path";
import { findProgram, start } from "../process.ts";
import { ROOT } from "../root.ts";

/** What is sent to a server for a while. */
export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** The pages are `/RUN-0` to `/RUN-(pages - 1)`. */
  readonly run: string;
  readonly pages: number;
  /** Every visit has an id of its own. */
  readonly ids: boolean;
  /** Different clients that take turns, by the header `X-Client-IP` and `User-Agent`, which takes wrk; without it none is known. */
  readonly visitors?: number;
  /** Visits per second, of all connections; without it as fast as they are answered. */
  readonly rate?: number;
}

/** What a load tool saw. */
export interface Answers {
  /** Answers with a status of 2xx. */
  readonly counted: number;
  /** Answers with another status, and connections that broke. */
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How much longer than asked a tool may take. */
const GRACE_MS = 20_000;

/** The tool that makes the load, in a process of its own: wrk where it is, which costs the machine least; else autocannon. */
export const loadTool = findProgram("wrk") ? "wrk" : "autocannon";

/** Sends visits. Requests in flight at the end are cut off. */
export async function sendVisits(load: Load): Promise<Answers> {
  // wrk keeps no rate.
  const [program, args, read] = loadTool === "wrk" && load.rate === undefined ? wrk(load) : autocannon(load);
  const running = start(program, args);
  const timer = setTimeout(() => void running.stop("SIGKILL"), load.seconds * 1_000 + GRACE_MS);
  const code = await running.exited;
  clearTimeout(timer);
  const line = running
    .output()
    .split("\n")
    .find((text) => text.startsWith("{"));
  if (code !== 0 || line === undefined) throw new Error(`${loadTool} ended with ${code}:\n${running.output()}`);
  return read(JSON.parse(line) as never);
}

/** Throws where a store has fewer visits than were answered, or more than were also in flight when the load ended. */
export function expectExact(who: string, { counted, failed }: Answers, stored: number, connections: number): void {
  if (stored >= counted && stored <= counted + failed + connections) return;
  throw new Error(`${who}: ${counted} visits were answered, the store has ${stored}.`);
}

type Command = [program: string, args: string[], read: (output: never) => Answers];

/** What wrk.lua prints. */
interface WrkFigures {
  readonly requests: number;
  readonly durationUs: number;
  readonly refused: number;
  readonly broken: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

function wrk({ url, connections, seconds, run, pages, ids, visitors = 0 }: Load): Command {
  const script = join(ROOT, "build", "bench", "wrk.lua");
  const args = ["-t", "1", "-c", String(connections), "-d", `${seconds}s`, "--timeout", "10s", "-s", script, `${url}/v1/visits`];
  const read = ({ requests, durationUs, refused, broken, p50Us, p99Us }: WrkFigures): Answers => {
    const counted = requests - refused;
    return { counted, failed: refused + broken, perSecond: counted / (durationUs / 1e6), p50Ms: p50Us / 1e3, p99Ms: p99Us / 1e3 };
  };
  return ["wrk", [...args, "--", String(pages), run, ids ? "ids" : "none", String(visitors)], read];
}

/** What is used of autocannon's JSON. */
interface AutocannonFigures {
  readonly "2xx": number;
  readonly non2xx: number;
  readonly errors: number;
  readonly duration: number;
  readonly latency: { readonly p50: number; readonly p99: number };
}

/** autocannon sends one body, so all visits are of one page. */
function autocannon({ url, connections, seconds, run, ids, rate }: Load): Command {
  const body = JSON.stringify({ page: `/${run}-0`, ...(ids && { id: "[<id>]" }) });
  const script = join(ROOT, "node_modules", "autocannon", "autocannon.js");
  const options = ["--json", "--idReplacement", "-m", "POST", "-H", "Content-Type=application/json", "-b", body];
  const pace = rate === undefined ? [] : ["-R", String(rate)];
  const args = [script, ...options, ...pace, "-c", String(connections), "-d", String(seconds), `${url}/v1/visits`];
  const read = ({ errors, non2xx, duration, latency, "2xx": counted }: AutocannonFigures): Answers => {
    return { counted, failed: errors + non2xx, perSecond: counted / duration, p50Ms: latency.p50, p99Ms: latency.p99 };
  };
  return [process.execPath, args, read];
}
