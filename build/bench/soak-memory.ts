import { setTimeout as sleep } from "node:timers/promises";
import { SERVER } from "../server.ts";
import { expectExact, sendVisits } from "./load-tool.ts";
import { inDatastore, startServer } from "./server.ts";

/** What a long load did. */
export interface Endurance {
  readonly visits: number;
  /** Answers other than 2xx, and connections that broke. */
  readonly failed: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Resident memory, each second. */
  readonly rssMb: readonly number[];
}

const CONNECTIONS = 64;
const SAMPLE_MS = 1_000;
/** How long the server is brought to speed, and then measured, before the load begins. */
const WARM_UP_S = 10;
const CAPACITY_S = 5;

/** Half of what a server can take, for minutes. Throws where the count is not exact. */
export async function endure(emulator: string, minutes: number): Promise<Endurance> {
  const server = await startServer(SERVER, inDatastore(emulator, "endure"));
  try {
    const load = { url: server.url, connections: CONNECTIONS, pages: 1, ids: false };
    await sendVisits({ ...load, run: "warm", seconds: WARM_UP_S });
    const capacity = await sendVisits({ ...load, run: "capacity", seconds: CAPACITY_S });
    const rate = Math.round(capacity.perSecond / 2);
    const rssMb: number[] = [];
    let done = false;
    const sampling = (async () => {
      while (!done) {
        rssMb.push((await server.observe()).rssMb);
        await sleep(SAMPLE_MS);
      }
    })();
    const answers = await sendVisits({ ...load, run: "endure", seconds: minutes * 60, rate });
    done = true;
    await sampling;
    const stored = await server.visits(["/endure-0"]);
    expectExact("a long load", answers, stored, CONNECTIONS);
    return { visits: stored, failed: answers.failed, perSecond: answers.perSecond, p99Ms: answers.p99Ms, rssMb };
  } finally {
    await server.stop();
  }
}
