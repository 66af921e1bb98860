import { setTimeout as sleep } from "node:timers/promises";
import { SERVER } from "../server.ts";
import { expectNumbered, startClients, type Visit } from "./checked-clients.ts";
import { expectExact, sendVisits } from "./load-tool.ts";
import { type Server, startServer } from "./server.ts";

const CONNECTIONS = 64;
const POLL_MS = 10;
/** Each site has a commit of its own in flight: even on a slow machine there are as many calls a second as the server goes by. */
const SITES = Array.from({ length: 8 }, (_, index) => `switch-${index}.example`);
/** How long a server may take to go over to gRPC: a starved machine takes long until it makes calls enough a second. */
const SWITCH_MS = 120_000;
const OBSERVE_MS = 100;
/** A server is under load once it has given so many answers. */
const LOADED = 10 * CONNECTIONS;
/** Errors of a connection that the server has closed: it never accepted a request on it. */
const CLOSED = /ECONNREFUSED|ECONNRESET|EPIPE|UND_ERR_SOCKET|socket hang up/;
const STOP_MS = 20_000;
const MEMORY_MS = 1_000;
/** How long the server is warmed up, and then measured, before a long load. */
const WARM_UP_S = 10;
const CAPACITY_S = 5;

type Env = Record<string, string>;

async function withServer<T>(env: Env, body: (server: Server) => Promise<T>): Promise<T> {
  const server = await startServer(SERVER, env);
  return body(server).finally(() => server.stop());
}

/**
 * Starts a server under load, an id on every visit, until it counts over gRPC; then sends every id again. Throws where one was not
 * counted once. `stallMs`: the longest time that the event loop stood still.
 */
export function switchOnce(env: Env, index: number): Promise<{ visits: number; stallMs: number }> {
  return withServer(env, async (server) => {
    const page = "/switch";
    let sent = 0;
    const visit = (number: number): Visit => ({ site: SITES[number % SITES.length] ?? "", page, id: `switch-${index}-${number}` });
    const visitors = startClients(server.url, CONNECTIONS, () => visit(sent++));
    const deadline = Date.now() + SWITCH_MS;
    let stallMs = 0;
    for (let grpc = 0; grpc < 1; ) {
      if (Date.now() > deadline) throw new Error(`no switch to gRPC within ${SWITCH_MS} ms:\n${server.process.output().slice(-2_000)}`);
      await sleep(OBSERVE_MS);
      const seen = await server.observe();
      stallMs = Math.max(stallMs, seen.stallMs);
      grpc = seen.grpc;
    }
    await visitors.stop();
    const { counted, failures, duplicates } = visitors;
    if (failures.length + duplicates > 0) throw new Error(failures[0] ?? "a first send was answered as a duplicate");

    const left = counted.map(({ visit }) => visit);
    const again = startClients(server.url, CONNECTIONS, () => left.pop() ?? null);
    await again.gone;
    let visits = 0;
    for (const site of SITES) visits += await server.visits([page], site);
    if (again.duplicates !== counted.length || visits !== counted.length) {
      throw new Error(`of ${counted.length} ids sent again ${again.duplicates} were duplicates, and the store has ${visits} visits`);
    }
    return { visits, stallMs };
  });
}

/** Stops a server in full swing. Throws where a visit that counted was not answered, or the exit was not 0. `ms`: from signal to exit. */
export function stopOnce(env: Env, reader: Server, index: number): Promise<{ visits: number; ms: number }> {
  return withServer(env, async (server) => {
    const page = `/stop-${index}`;
    const visitors = startClients(server.url, CONNECTIONS, () => ({ page }));
    while (visitors.counted.length < LOADED && visitors.failures.length === 0) await sleep(POLL_MS);
    const begun = performance.now();
    process.kill(server.process.pid, "SIGTERM");
    const timer = setTimeout(() => server.process.stop("SIGKILL"), STOP_MS);
    const code = await server.process.exited;
    const ms = performance.now() - begun;
    clearTimeout(timer);
    await visitors.gone;
    const failure = visitors.failures.find((text) => !CLOSED.test(text));
    if (failure !== undefined) throw new Error(`a visitor met: ${failure}`);
    if (code !== 0) throw new Error(`the server ended with ${code}`);
    const numbers = visitors.counted.map(({ number }) => number);
    expectNumbered("while stopping", numbers);
    const visits = await reader.visits([page]);
    if (visits !== numbers.length) throw new Error(`${numbers.length} visits were answered, the store has ${visits}`);
    return { visits, ms };
  });
}

/** Half of what a server can take, for minutes. Throws where the count is not exact. `rssMb`: resident memory, each second. */
export function endure(env: Env, minutes: number) {
  return withServer(env, async (server) => {
    const load = { url: server.url, connections: CONNECTIONS, pages: 1, ids: false };
    await sendVisits({ ...load, run: "warm", seconds: WARM_UP_S });
    const capacity = await sendVisits({ ...load, run: "capacity", seconds: CAPACITY_S });
    const rssMb: number[] = [];
    let done = false;
    const sampling = (async () => {
      for (; !done; await sleep(MEMORY_MS)) rssMb.push((await server.observe()).rssMb);
    })();
    const rate = Math.round(capacity.perSecond / 2);
    const answers = await sendVisits({ ...load, run: "endure", seconds: minutes * 60, rate });
    done = true;
    await sampling;
    const visits = await server.visits(["/endure-0"]);
    expectExact("a long load", answers, visits, CONNECTIONS);
    return { ...answers, visits, rssMb };
  });
}
