import fc from "fast-check";
import { expect, test } from "vitest";
import { createBuckets } from "../../src/domain/buckets.ts";

/** Buckets of 3 tokens, refilled by one every 10 seconds. */
function start(options: { burst?: number; msEach?: number; most?: number } = {}) {
  const clock = { time: 1_000_000 };
  return { clock, ...createBuckets({ burst: 3, msEach: 10_000, most: 100, now: () => clock.time, ...options }) };
}

test("gives the whole burst at once, then one token at a time as they are refilled", () => {
  const { take, clock } = start();
  expect([take("a"), take("a"), take("a"), take("a")]).toEqual([0, 0, 0, 10]);
  clock.time += 9_001;
  expect(take("a")).toBe(1);
  clock.time += 999;
  expect([take("a"), take("a")]).toEqual([0, 10]);
  clock.time += 1_000_000;
  expect([take("a"), take("a"), take("a"), take("a")]).toEqual([0, 0, 0, 10]);
});

test("each key has a bucket of its own", () => {
  const { take } = start({ burst: 1 });
  expect([take("a"), take("b"), take("a")]).toEqual([0, 0, 10]);
});

test("a token that is given back can be taken again, and a bucket never holds more than the burst", () => {
  const { take, giveBack } = start();
  for (let times = 0; times < 3; times += 1) take("a");
  giveBack("a");
  expect([take("a"), take("a")]).toEqual([0, 10]);
  for (let times = 0; times < 50; times += 1) giveBack("a");
  expect([take("a"), take("a"), take("a"), take("a")]).toEqual([0, 0, 0, 10]);
});

test("a clock that is set back removes no tokens and adds no wait", () => {
  const { take, clock } = start();
  for (let times = 0; times < 3; times += 1) take("a");
  clock.time -= 3_600_000;
  expect(take("a")).toBe(10);
});

test("without a burst or a refill, the wait is still finite", () => {
  expect(start({ burst: 0 }).take("a")).toBe(10);
  expect(start({ burst: 0, msEach: Number.POSITIVE_INFINITY }).take("a")).toBe(86_400);
});

test("never gives more tokens than the burst and what was refilled since", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 30_000 }), { maxLength: 200 }), (pauses) => {
      const { take, clock } = start();
      let taken = 0;
      let passed = 0;
      for (const pause of pauses) {
        clock.time += pause;
        passed += pause;
        const wait = take("a");
        if (wait === 0) taken += 1;
        expect(taken).toBeLessThanOrEqual(3 + passed / 10_000);
        expect(wait).toBeLessThanOrEqual(10);
      }
    }),
  );
});
