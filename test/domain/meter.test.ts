import { expect, test } from "vitest";
import { createMeter } from "../../src/domain/meter.ts";

function start() {
  const clock = { time: 1_000_000 };
  const told: object[] = [];
  const meter = createMeter({ now: () => clock.time, tell: (sums) => told.push(sums) });
  return { clock, told, ...meter };
}

test("tells the sums of a minute with what happens first after it, which is in the next ones", () => {
  const { add, peak, told, clock } = start();
  add("visits");
  clock.time += 30_000;
  add("visits");
  add("ms", 7);
  peak("max", 7);
  add("ms", 5);
  peak("max", 5);
  clock.time += 29_999;
  add("visits");
  expect(told).toEqual([]);
  clock.time += 1;
  add("visits");
  expect(told).toEqual([{ seconds: 60, visits: 3, ms: 12, max: 7 }]);
  clock.time += 600_000;
  add("others");
  expect(told.slice(1)).toEqual([{ seconds: 600, visits: 1 }]);
});

test("tells nothing where nothing happens, and what there is when it is asked to", () => {
  const { add, told, clock, flush } = start();
  flush();
  clock.time += 600_000;
  flush();
  expect(told).toEqual([]);
  add("visits", 2);
  clock.time += 1_000;
  flush();
  flush();
  expect(told).toEqual([{ seconds: 1, visits: 2 }]);
});
