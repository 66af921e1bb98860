import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as google from "../../src/platform/node/google.ts";
import { createGrpcTransport } from "../../src/platform/node/grpc.ts";
import { createHttpClient } from "../../src/platform/node/http-client.ts";
import { EMULATOR_PROJECT, openDatastore, openRestTransport } from "../../src/stores/datastore/open.ts";
import type { Fetch, Transport } from "../../src/stores/datastore/transport.ts";
import { SERVER } from "../server.ts";
import { sendVisits } from "./load-tool.ts";

/** After some 20,000 commits one takes it half of what it takes after 6,000. */
const COMMITS_PER_START = 1_000;
const AT_ONCE = 8;
const DEADLINE_MS = 30_000;
/** A turn of load is one without and one with ids; the last is one that costs the emulator hardly less than the one before. */
const LOAD = { connections: 256, pages: 1 };
const TURNS = { least: 3, most: 10, settled: 0.95 };

/**
 * Commits until the emulator answers at its usual pace, as far as so many starts are worth the time: over REST on connections that are
 * used again and on new ones, and over gRPC, as the starts that are compared do. The emulator compiles itself while it runs, and its first
 * thousands of answers take several times as long as the later ones; Google's service, whose part it plays, is never just started.
 */
export async function warmUp(emulator: string, starts: number): Promise<void> {
  const settings = { project: EMULATOR_PROJECT, databaseId: "", namespaceId: "bench-warm-up", emulator, serviceAccount: undefined };
  const { send } = createHttpClient();
  const sendOnce: Fetch = (url, init) => send(url, { ...init, headers: { ...init.headers, Connection: "close" } });
  const client: typeof google = createRequire(import.meta.url)(join(dirname(SERVER), "google.cjs"));
  const transports: Transport[] = [
    openRestTransport(settings, { fetch: send, now: Date.now }),
    openRestTransport(settings, { fetch: sendOnce, now: Date.now }),
    createGrpcTransport({ google: client, emulator, project: EMULATOR_PROJECT, databaseId: "" }),
  ];
  const stores = transports.map((transport) => openDatastore(transport, settings, 1));
  let commits = 0;

  async function work(site: string): Promise<void> {
    while (commits < starts * COMMITS_PER_START) {
      const store = stores[commits % stores.length];
      commits += 1;
      const visits = [{ page: "/", day: "2000-01-01", id: null }];
      await store?.commit({ id: `warm-up-${commits}`, site, visits, expireAt: Date.now() + DEADLINE_MS }, Date.now() + DEADLINE_MS);
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => work(`warm-up-${index}.example`)));
  await Promise.all(stores.map((store) => store.close()));
}

/**
 * The same by visits, through a server at full load: a visit costs the emulator ten times as much at first.
 *
 * @param seconds of each load
 */
export async function warmUpByLoad(url: string, seconds: number, emulatorCpuMs: () => number): Promise<void> {
  let before = Number.POSITIVE_INFINITY;
  for (let turn = 1; turn <= TURNS.most; turn += 1) {
    const begun = emulatorCpuMs();
    let visits = 0;
    for (const ids of [false, true]) visits += (await sendVisits({ ...LOAD, url, ids, seconds, run: `warm-${turn}` })).counted;
    const cost = (emulatorCpuMs() - begun) / visits;
    // Where nothing tells what it costs, the least must do.
    if (turn >= TURNS.least && !(cost < before * TURNS.settled)) return;
    before = cost;
  }
}
