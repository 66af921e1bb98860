import { afterEach, describe, expect, test } from "vitest";
import { percentile } from "../../build/statistics.ts";
import { nodeOnDatastore, nodeOnSqlite, type Place, type ServiceRow } from "../http/rows.ts";
import { OPEN } from "../http/service/rig.ts";
import type { NodeServer } from "../support/artefacts.ts";
import { createClient, newSite } from "../support/http.ts";
import { requires } from "../support/skip.ts";
import { report } from "./findings.ts";
import { flow, statusesOf, visitTo } from "./flow.ts";
import { MEMORY_MB, memoryOf } from "./memory.ts";
import { FULL, size, TIMEOUT } from "./size.ts";

/** Connections that measure the service's capacity. */
const FEW = 128;
/** Connections that overload it: more than Cloud Run lets into an instance, and so many that each visit waits for a tenth of a second of visits. */
const MANY = size([256], [512, 4_096]);
const WARM_UP_S = size(0.5, 10);
const CAPACITY_S = size(1, 15);
const OVERLOAD_S = size(1.5, 60);
const TIMES = 3;
const LEAST_GOODPUT = 0.8;
const RECOVERY_S = 5;
const SAMPLE_MS = 100;

let place: Place<NodeServer> | undefined;
let served: NodeServer | undefined;
afterEach(async () => {
  await served?.stop();
  await place?.remove();
});

/** Sends three times as much as the service can answer. */
function overload(row: ServiceRow<NodeServer>): void {
  test.each(MANY)(
    `${OVERLOAD_S} s of ${TIMES} times its capacity over %i connections: every answered visit is counted, and the rest gets Retry-After`,
    TIMEOUT,
    async (connections) => {
      place = await row.place();
      served = await place.start(OPEN);
      const { pid } = served.process;
      const port = Number(new URL(served.url).port);
      const client = createClient(served.url);
      const site = newSite();
      const visit = visitTo(site, "/hot");
      const bytes = () => visit;

      const closed = { port, bytes, connections: FEW, perSecond: Number.POSITIVE_INFINITY };
      const warm = await flow({ ...closed, seconds: WARM_UP_S });
      const able = await flow({ ...closed, seconds: CAPACITY_S });
      const capacity = able.latencies.length / CAPACITY_S;
      let mostMb = 0;
      const sampling = setInterval(() => {
        mostMb = Math.max(mostMb, memoryOf(pid));
      }, SAMPLE_MS);
      const began = performance.now();
      const flood = { port, bytes, connections, seconds: OVERLOAD_S, perSecond: TIMES * capacity };
      const over = await flow(flood).finally(() => clearInterval(sampling));
      const lasted = (performance.now() - began) / 1_000;

      const recoveryStart = performance.now();
      const calm = percentile(able.latencies, 0.99);
      let probes = 0;
      for (
        let latency = Number.POSITIVE_INFINITY;
        latency > calm && performance.now() - recoveryStart < 2 * RECOVERY_S * 1_000;
        probes += 1
      ) {
        const sentAt = performance.now();
        const answer = await client.send("POST /v1/visits", { body: { site, page: "/hot" } });
        latency = answer.status === 200 ? performance.now() - sentAt : Number.POSITIVE_INFINITY;
      }
      const recovery = (performance.now() - recoveryStart) / 1_000;
      const { siteVisits } = (await client.send(`GET /v1/visits?site=${site}`)).json();
      client.close();

      const answered = warm.latencies.length + able.latencies.length + over.latencies.length;
      const sent = warm.sent + able.sent + over.sent + probes;
      const goodput = over.latencies.length / lasted / capacity;
      const figures = `${Math.round(capacity)} visits a second at best, ${goodput.toFixed(2)} of that under overload (${statusesOf(over)}); at most ${Math.round(mostMb)} MB; recovered after ${recovery.toFixed(1)} s`;
      const goal = `goodput ≥ ${LEAST_GOODPUT}, memory ≤ ${MEMORY_MB} MB, recovery ≤ ${RECOVERY_S} s, answered ≤ count ≤ sent`;
      const exact = siteVisits >= answered && siteVisits <= sent && over.withoutRetryAfter === 0;
      const holds = exact && goodput >= LEAST_GOODPUT && recovery <= RECOVERY_S && mostMb <= MEMORY_MB;
      report({ scenario: `Overload, ${row.store}, ${connections} connections`, sent, answered, counted: siteVisits, goal, holds, figures });
      expect(siteVisits).toBeGreaterThanOrEqual(answered);
      expect(siteVisits).toBeLessThanOrEqual(sent);
      expect([...over.statuses.keys()].filter((status) => status !== 200 && status !== 503)).toEqual([]);
      expect(over.withoutRetryAfter).toBe(0);
      expect(mostMb).toBeLessThanOrEqual(MEMORY_MB);
      expect(served.output()).not.toMatch(/"status":500/);
      // Rates of so short a time say little.
      if (!FULL) return;
      expect(goodput).toBeGreaterThanOrEqual(LEAST_GOODPUT);
      expect(recovery).toBeLessThanOrEqual(RECOVERY_S);
    },
  );
}

describe(`an overload of ${nodeOnSqlite.name}`, () => overload(nodeOnSqlite));
requires("emulator")(`an overload of ${nodeOnDatastore.name}`, () => overload(nodeOnDatastore));
