import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Outcome } from "../../src/domain/pending.ts";
import { estimate } from "../../src/domain/visitors/estimator.ts";
import { Sketch } from "../../src/domain/visitors/sketch.ts";
import { emulatorIdentity } from "../../src/stores/datastore/identity.ts";
import { openDatastore } from "../../src/stores/datastore/open.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";
import type { Ask, Told } from "../support/counter-process.ts";
import { emulatorHost } from "../support/emulator.ts";
import { createRandom, type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { requires } from "../support/skip.ts";
import { batchOf, DAY, newSite, soon, upTo, visit, visitorOf } from "./contract/fixture.ts";

/** The seed of all faults, so that a failure can be repeated. */
const SEED = 20_261_122;
const FAULT_RATE = 0.2;
const INSTANCES = 3;
const CLIENTS = 64;
const PROJECT = "unknown-outcomes";
const TRANSPORTS = ["grpc", "rest"];

/** An instance behind a faulty connection. */
interface Instance {
  record(ask: Omit<Ask, "ask">): Promise<Outcome>;
  kill(): Promise<void>;
}

/** Runs what is given when a test is over, the last given first. */
type AtEnd = (cleanup: () => Promise<void>) => void;

async function startProxy(seed: number, atEnd: AtEnd): Promise<FaultProxy> {
  const proxy = await startFaultProxy({ target: await emulatorHost(), seed, rate: FAULT_RATE });
  atEnd(() => proxy.stop());
  return proxy;
}

function startInstance(transport: string, proxy: FaultProxy, atEnd: AtEnd): Instance {
  const child: ChildProcess = fork(new URL("../support/counter-process.ts", import.meta.url), [transport, proxy.host, PROJECT]);
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const waiting = new Map<number, PromiseWithResolvers<Outcome>>();
  let asked = 0;
  child.on("message", (told: Told) => {
    const answer = waiting.get(told.ask);
    waiting.delete(told.ask);
    if ("outcome" in told) answer?.resolve(told.outcome);
    else answer?.reject(new Error(told.error));
  });
  void gone.then(() => {
    for (const answer of waiting.values()) answer.reject(new Error("the instance was killed"));
  });
  const kill = async () => {
    child.kill("SIGKILL");
    await gone;
  };
  atEnd(kill);
  function ask(visit: Omit<Ask, "ask">): Promise<Outcome> {
    const answer = Promise.withResolvers<Outcome>();
    asked += 1;
    waiting.set(asked, answer);
    child.send({ ask: asked, ...visit }, (error) => error && answer.reject(error));
    return answer.promise;
  }
  return {
    kill,
    // A shed visit is answered 503, and its client sends it again.
    async record(visit) {
      for (;;) {
        const outcome = await ask(visit);
        if (outcome.status !== "shed") return outcome;
        await sleep(20);
      }
    },
  };
}

/** The totals, read without faults. */
async function totalsOf(site: string, pages: readonly string[]) {
  const emulator = await emulatorHost();
  const transport = createRestTransport({ origin: `http://${emulator}`, databaseId: "", identity: emulatorIdentity(PROJECT), fetch });
  const store = openDatastore(transport, { namespaceId: "", emulator }, 1, transport);
  // Who has no copy reads all registers: then the estimate is that of what is stored.
  for (const page of pages) await store.commit(batchOf(site, [visit(page, null, DAY, visitorOf(page, nameOf(0)))]), soon());
  const { site: whole, pages: counts } = await store.totals(site, pages, DAY);
  return {
    siteVisits: whole.visits - pages.length,
    visits: counts.map(({ visits }) => visits - 1),
    visitors: [whole, ...counts].map(({ visitors }) => visitors?.days[DAY]),
  };
}

/** Visitors of all visits: every one comes several times, to every page. */
const VISITORS = 300;
const nameOf = (index: number): string => `visitor ${index % VISITORS}`;

/** What a sketch of all visitors is estimated at: the site's, and each page's. */
function allVisitors(pages: readonly string[]): number[] {
  const sketches = [null, ...pages].map((page) => {
    const sketch = new Sketch();
    for (let index = 0; index < VISITORS; index += 1) sketch.add(visitorOf(page ?? "", nameOf(index))[page === null ? "site" : "page"]);
    return sketch;
  });
  return sketches.map(estimate);
}

/** Runs `total` jobs, one at a time for each client. */
async function fromClients(total: number, job: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const client = async () => {
    while (next < total) {
      next += 1;
      await job(next - 1);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** Much of their time they wait for what is lost, so they run side by side. */
requires("emulator")("Datastore, one call in five lost, late or reset", () => {
  test.concurrent.for(TRANSPORTS)(
    "over %s: numbers the visits of three instances 1 … n, without a gap or a repeat",
    { timeout: 120_000 },
    async (transport, { onTestFinished: atEnd }) => {
      const total = 3_000;
      const site = newSite();
      const proxies = await Promise.all(Array.from({ length: INSTANCES }, (_, index) => startProxy(SEED + index, atEnd)));
      const instances = proxies.map((proxy) => startInstance(transport, proxy, atEnd));
      const numbers: number[] = [];
      // Faults may last for longer than a visit waits: then it is counted or not, and with an id it is sent again.
      let lost = 0;
      let repeated = 0;
      await fromClients(total, async (index) => {
        const id = index % 2 ? `visit-${String(index).padStart(6, "0")}` : null;
        for (;;) {
          const visit = { site, page: "/hot", id, visitor: visitorOf("/hot", nameOf(index)) };
          const outcome = await instances[index % INSTANCES]?.record(visit).catch(() => null);
          if (outcome?.status === "counted") numbers.push(outcome.visits);
          else if (outcome?.status === "duplicate") repeated += 1;
          else if (id === null) lost += 1;
          expect(outcome?.status).not.toBe("conflict");
          if (outcome || id === null) break;
        }
      });
      const { siteVisits, visits, visitors } = await totalsOf(site, ["/hot"]);
      expect(visits).toEqual([siteVisits]);
      expect(visitors).toEqual(allVisitors(["/hot"]));
      const counted = numbers.length + repeated;
      expect(siteVisits).toBeGreaterThanOrEqual(counted);
      expect(siteVisits).toBeLessThanOrEqual(counted + lost);
      // Each number is told once; only of those whose answer was lost it is not.
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(Math.max(...numbers)).toBeLessThanOrEqual(siteVisits);
      expect(counted + lost).toBe(total);
      if (lost + repeated === 0) expect(numbers.toSorted((a, b) => a - b)).toEqual(upTo(total));
      expect(lost + repeated).toBeLessThan(total / 10);
      const faults = proxies.map((proxy) => proxy.fates);
      expect(faults.every((fates) => fates.drop > 0 && fates.reset > 0)).toBe(true);
    },
  );

  test.concurrent.for(TRANSPORTS)(
    "over %s: counts each id once, though an instance is killed and started again and clients retry",
    { timeout: 180_000 },
    async (transport, { onTestFinished: atEnd }) => {
      const total = 4_000;
      const pages = ["/a", "/b", "/c"];
      const site = newSite();
      const random = createRandom(SEED);
      const proxies = await Promise.all(Array.from({ length: INSTANCES }, (_, index) => startProxy(SEED + 10 + index, atEnd)));
      const instances = proxies.map((proxy) => startInstance(transport, proxy, atEnd));
      let answered = 0;
      const killing = (async () => {
        while (answered < total / 2) await sleep(5);
        await instances[0]?.kill();
        if (proxies[0]) instances[0] = startInstance(transport, proxies[0], atEnd);
      })();
      await fromClients(total, async (index) => {
        for (;;) {
          const instance = instances[Math.floor(random() * INSTANCES)];
          const page = pages[index % pages.length] ?? "";
          const visitor = visitorOf(page, nameOf(Math.floor(index / pages.length)));
          const visit = { site, page, id: `visit-${String(index).padStart(6, "0")}`, visitor };
          const outcome = await instance?.record(visit).catch(() => null);
          if (outcome) {
            expect(outcome.status).not.toBe("conflict");
            break;
          }
          await sleep(20);
        }
        answered += 1;
      });
      await killing;
      const { siteVisits, visits, visitors } = await totalsOf(site, pages);
      expect(siteVisits).toBe(total);
      expect(visits).toEqual([1_334, 1_333, 1_333]);
      expect(visitors).toEqual(allVisitors(pages));
    },
  );
});
