import { setTimeout as sleep } from "node:timers/promises";
import { SERVER } from "../server.ts";
import { inDatastore, startServer } from "./server.ts";
import { startVisitors, type Visit } from "./visitors.ts";

/** What one switch from REST to gRPC did. */
export interface Switch {
  /** Visits with an id, each counted once. */
  readonly visits: number;
  /** The longest time that the event loop stood still. */
  readonly stallMs: number;
}

const CONNECTIONS = 64;
/** Each site has a commit of its own in flight, so that even on a slow machine there are as many calls a second as the server goes by. */
const SITES = Array.from({ length: 8 }, (_, index) => `switch-${index}.example`);
const POLL_MS = 100;
/** How long a server may take to go over: on a starved machine it takes long until it makes calls enough a second. */
const SWITCH_MS = 120_000;

/**
 * Starts a server under load, an id on every visit, until it counts over gRPC; then sends every id again. Throws where one was not
 * counted once.
 */
export async function switchOnce(emulator: string, index: number): Promise<Switch> {
  const page = "/switch";
  const server = await startServer(SERVER, inDatastore(emulator, `switch-${index}`));
  try {
    let sent = 0;
    const visit = (number: number): Visit => ({ site: siteOf(number), page, id: `switch-${index}-${number}` });
    const visitors = startVisitors(server.url, CONNECTIONS, () => visit(sent++));
    const deadline = Date.now() + SWITCH_MS;
    let stallMs = 0;
    for (let grpc = 0; grpc < 1; ) {
      if (Date.now() > deadline) throw new Error(`the server did not go over to gRPC within ${SWITCH_MS} ms:\n${server.log()}`);
      await sleep(POLL_MS);
      const seen = await server.observe();
      stallMs = Math.max(stallMs, seen.stallMs);
      grpc = seen.grpc;
    }
    await visitors.stop();
    const { numbers, counted, failures, duplicates } = visitors;
    if (failures.length + duplicates > 0) throw new Error(`${failures[0] ?? "a first send was answered as a duplicate"}`);

    const left = [...counted];
    const again = startVisitors(server.url, CONNECTIONS, () => left.pop() ?? null);
    await again.gone;
    const stored = await Promise.all(SITES.map((site) => server.visits([page], site)));
    const total = stored.reduce((sum, visits) => sum + visits, 0);
    if (again.duplicates !== numbers.length || total !== numbers.length) {
      throw new Error(`of ${numbers.length} ids sent again ${again.duplicates} were duplicates, and the store has ${total} visits`);
    }
    return { visits: total, stallMs };
  } finally {
    await server.stop();
  }
}

function siteOf(number: number): string {
  return SITES[number % SITES.length] ?? "";
}
