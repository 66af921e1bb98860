import { setTimeout as sleep } from "node:timers/promises";
import { SERVER } from "../server.ts";
import { type inDatastore, type Server, startServer } from "./server.ts";
import { expectNumbered, startVisitors } from "./visitors.ts";

/** What one SIGTERM under load did. */
export interface Stop {
  /** Visits that were answered: all that the store has. */
  readonly visits: number;
  /** From the signal to the exit. */
  readonly ms: number;
}

const CONNECTIONS = 64;
/** The server is under load once it has given so many answers. */
const LOADED = 10 * CONNECTIONS;
const POLL_MS = 10;
/** What a visitor meets when the server has closed: a request on such a connection was never accepted. */
const CLOSED = /ECONNREFUSED|ECONNRESET|EPIPE|socket hang up/;

/**
 * Stops a server in full swing. Throws where a visit that counted was not answered, or the exit was not 0.
 *
 * @param env where it counts, as the reader does
 */
export async function stopOnce(env: ReturnType<typeof inDatastore>, reader: Server, index: number): Promise<Stop> {
  const page = `/stop-${index}`;
  const server = await startServer(SERVER, env);
  try {
    const visitors = startVisitors(server.url, CONNECTIONS, () => ({ page }));
    while (visitors.numbers.length < LOADED && visitors.failures.length === 0) await sleep(POLL_MS);
    const { code, ms } = await server.terminate();
    await visitors.gone;
    const { numbers, failures } = visitors;
    const failure = failures.find((text) => !CLOSED.test(text));
    if (failure !== undefined) throw new Error(`a visitor met: ${failure}`);
    if (code !== 0) throw new Error(`the server ended with ${code}`);
    expectNumbered("while stopping", numbers);
    const stored = await reader.visits([page]);
    if (stored !== numbers.length) throw new Error(`${numbers.length} visits were answered, the store has ${stored}`);
    return { visits: numbers.length, ms };
  } finally {
    await server.stop();
  }
}
