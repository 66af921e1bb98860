import { createHttpFetch } from "../../src/platform/node/http-fetch.ts";
import { EMULATOR_PROJECT, openDatastore, openRestTransport } from "../../src/stores/datastore/open.ts";
import type { Fetch } from "../../src/stores/datastore/transport.ts";
import { sendVisits } from "./load-tool.ts";
import type { Run } from "./run.ts";

/** After some 20,000 commits one takes half of what it takes after 6,000. */
const COMMITS_PER_START = 1_000;
const AT_ONCE = 8;
const DEADLINE_MS = 30_000;
/** A turn of load is one without and one with ids; the last is one that costs the emulator hardly less than the one before. */
const LOAD = { connections: 256, pages: 1 };
const TURNS = { least: 3, most: 10, settled: 0.95 };

/**
 * Commits over REST, on kept connections and on new ones, until the emulator answers at its usual pace, as far as so many starts are worth
 * the time. The emulator compiles itself while it runs: its first thousands of answers take several times as long as the later ones.
 *
 * @param reads looks up as often as it commits: for a start that does both
 */
export async function warmUpByCommits(emulator: string, starts: number, reads = false): Promise<void> {
  const settings = { project: EMULATOR_PROJECT, databaseId: "", namespaceId: "bench-warm-up", emulator, serviceAccount: undefined };
  const send = createHttpFetch();
  const sendOnce: Fetch = (url, init) => send(url, { ...init, headers: { ...init.headers, Connection: "close" } });
  const stores = [send, sendOnce].map((fetch) => openDatastore(openRestTransport(settings, { fetch, now: Date.now }), settings, 1));
  let commits = 0;

  async function work(site: string): Promise<void> {
    while (commits < starts * COMMITS_PER_START) {
      const store = stores[commits % stores.length];
      commits += 1;
      const visits = [{ page: "/", day: "2000-01-01", id: null, visitor: null }];
      await store?.commit({ id: `warm-up-${commits}`, site, visits, expireAt: Date.now() + DEADLINE_MS }, Date.now() + DEADLINE_MS);
      if (reads) await store?.has(site, "/");
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => work(`warm-up-${index}.example`)));
  await Promise.all(stores.map((store) => store.close()));
}

/**
 * The same by visits, through a server at full load, which goes over to gRPC: a visit costs the emulator ten times as much at first.
 *
 * @param visitors different clients that take turns; each turn's page has seen none of them
 */
export async function warmUpByLoad(url: string, { options, emulatorCpuMs }: Run, visitors = 0): Promise<void> {
  let before = Number.POSITIVE_INFINITY;
  for (let turn = 1; turn <= TURNS.most; turn += 1) {
    const begun = await emulatorCpuMs();
    let visits = 0;
    for (const ids of [false, true])
      visits += (await sendVisits({ ...LOAD, url, ids, visitors, seconds: options.seconds, run: `warm-${turn}` })).counted;
    const cost = ((await emulatorCpuMs()) - begun) / visits;
    // Where nothing tells what it costs, the least must do.
    if (turn >= TURNS.least && !(cost < before * TURNS.settled)) return;
    before = cost;
  }
}
