import { describe, expect, test } from "vitest";
import { type Behaviour, createDatastoreModel } from "../../build/bench/scale/datastore-model.ts";
import { createRandom } from "../../build/bench/scale/random.ts";
import { inVirtualTime, type VirtualTime } from "../../build/bench/scale/virtual-time.ts";
import type { Batch, Store } from "../../src/domain/store.ts";
import { createDatastoreStore } from "../../src/stores/datastore/store.ts";
import { type Transport, TransportError } from "../../src/stores/datastore/transport.ts";
import { createRestlessSharding } from "../support/restless-sharding.ts";
import { batchOf, correctionOf, DAY, visit } from "./contract/fixture.ts";

const SITE = "www.example";
const PAGES = ["/a", "/b"];
const INSTANCES = 5;
const BATCHES = 40;
const MOST_MS = 120_000;
/** Commits that are aborted after a moment, and many that are applied although their caller is told so. */
const BEHAVIOUR: Behaviour = {
  region: "one",
  holdMs: "commit",
  lockWaitMs: 120,
  splits: 1,
  hidden: 0.1,
  marksPerSecond: Number.POSITIVE_INFINITY,
};

/** Loses one answer in twenty. */
function unreliable({ call, close }: Transport, random: () => number): Transport {
  return {
    async call(method, request, timeoutMs) {
      const answer = await call(method, request, timeoutMs);
      if (random() < 0.05) throw new TransportError("UNAVAILABLE", "the answer was lost");
      return answer;
    },
    close,
  };
}

/** What a counter had after something was done to it, and how much of it that was; `null` for a correction. */
interface Step {
  readonly after: number;
  readonly added: number | null;
}

/**
 * Each batch was counted on top of what another batch or a correction left, and none was counted twice or forgotten. A correction that is
 * repeated answers what is there by then, so what it left may be `unknown`.
 */
function expectChain(steps: readonly Step[], unknown: number): void {
  const afters = new Set([0, ...steps.map(({ after }) => after)]);
  const befores = steps.flatMap(({ after, added }) => (added === null ? [] : after - added));
  expect(befores.filter((before) => !afters.has(before)).length).toBeLessThanOrEqual(unknown);
  expect(new Set(befores).size).toBe(befores.length);
}

async function repeat<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    const result = await attempt().catch(() => null);
    if (result !== null) return result;
  }
}

async function finish<T>(time: VirtualTime, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  for (let ms = 0; !isDone && ms < MOST_MS; ms += 1) await time.advance();
  expect(isDone).toBe(true);
  return done;
}

describe("shards that open and close while instances count, with aborted, hidden and lost commits", () => {
  async function run(time: VirtualTime, seed: number, corrects: boolean) {
    const random = createRandom(seed);
    const model = createDatastoreModel(BEHAVIOUR, random);
    const opened = (transport: Transport): Store =>
      createDatastoreStore({
        transport,
        namespace: "",
        readIn: "readOnly",
        saltTransport: null,
        shards: "auto",
        sharding: createRestlessSharding(random),
        now: time.now,
        random,
      });
    const steps = new Map<string, Step[]>([SITE, ...PAGES].map((name) => [name, []]));
    const add = (name: string, step: Step) => steps.get(name)?.push(step);
    const ids: string[] = [];
    let expected = 0;
    let unknown = 0;

    async function count(instance: number): Promise<void> {
      let store = opened(unreliable(model.transport, random));
      for (let index = 0; index < BATCHES; index += 1) {
        // Now and then an instance is replaced by one that knows nothing.
        if (random() < 0.05) store = opened(unreliable(model.transport, random));
        const visits = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, place) =>
          visit(PAGES[Math.floor(random() * PAGES.length)] ?? "", index % 2 ? `id-${instance}-${index}-${place}` : null, DAY, null),
        );
        // An id that was counted before, or is being counted.
        const again = ids[Math.floor(random() * ids.length)];
        if (index % 4 === 3 && again !== undefined) visits.push(visit("/a", again, DAY, null));
        for (const { id } of visits) if (id !== null && id !== again) ids.push(id);
        const batch: Batch = batchOf(SITE, visits);
        const { site, pages, refused } = await repeat(() => store.commit(batch, time.now() + 6_000));
        const counted = visits.filter((_, place) => refused[place] === undefined);
        expected += counted.length;
        if (counted.length === 0) continue;
        add(SITE, { after: site.visits, added: counted.length });
        for (const page of PAGES) {
          const added = counted.filter((one) => one.page === page).length;
          if (added === 0) continue;
          add(page, { after: pages[page]?.visits ?? 0, added });
          if (!corrects) expect(pages[page]?.days[DAY]).toBe(pages[page]?.visits);
        }
      }
    }

    async function correct(): Promise<void> {
      const { call, close } = model.transport;
      const store = opened({
        call: (...args) =>
          call(...args).catch((error: unknown) => {
            unknown += 1;
            throw error;
          }),
        close,
      });
      for (let round = 1; round <= 20; round += 1) {
        const correction = correctionOf(SITE, "/b", round * 1_000_000, `correction-${round}`);
        const totals = await repeat(() => store.correct(correction, time.now() + 6_000));
        if (!("site" in totals)) throw new Error("it does not fit");
        add(SITE, { after: totals.site.visits, added: null });
        add("/b", { after: totals.pages[0]?.visits ?? 0, added: null });
      }
    }

    const workers = Array.from({ length: INSTANCES }, (_, instance) => count(instance));
    await finish(time, Promise.all([...workers, ...(corrects ? [correct()] : [])]));
    const { site, pages } = await finish(time, opened(model.transport).totals(SITE, PAGES, DAY));
    for (const each of steps.values()) expectChain(each, unknown);
    expect(pages.reduce((sum, page) => sum + page.visits, 0)).toBe(site.visits);
    if (!corrects) expect(site).toMatchObject({ visits: expected, days: { [DAY]: expected } });
  }

  test.each(Array.from({ length: 8 }, (_, seed) => seed + 1))("number every visit without a gap or a repeat (seed %i)", (seed) =>
    inVirtualTime((time) => run(time, seed, false)),
  );

  test.each(Array.from({ length: 4 }, (_, seed) => seed + 1))("and a page is set meanwhile (seed %i)", (seed) =>
    inVirtualTime((time) => run(time, seed, true)),
  );
});
