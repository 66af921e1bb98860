import { expect, test } from "vitest";
import { createMeter } from "../../src/domain/meter.ts";

function start() {
  const clock = { time: 1_000_000 };
  const reports: object[] = [];
  const meter = createMeter({ now: () => clock.time, tell: (sums) => reports.push(sums) });
  return { clock, reports, ...meter };
}

test("reports the sums of a minute at the first event after it, which belongs to the next report", () => {
  const { add, peak, reports, clock } = start();
  add("visits");
  clock.time += 30_000;
  add("visits");
  add("ms", 7);
  peak("max", 7);
  add("ms", 5);
  peak("max", 5);
  clock.time += 29_999;
  add("visits");
  expect(reports).toEqual([]);
  clock.time += 1;
  add("visits");
  expect(reports).toEqual([{ seconds: 60, visits: 3, ms: 12, max: 7 }]);
  clock.time += 600_000;
  add("others");
  expect(reports.slice(1)).toEqual([{ seconds: 600, visits: 1 }]);
});

test("reports nothing without events, and what there is when flushed", () => {
  const { add, reports, clock, flush } = start();
  flush();
  clock.time += 600_000;
  flush();
  expect(reports).toEqual([]);
  add("visits", 2);
  clock.time += 1_000;
  flush();
  flush();
  expect(reports).toEqual([{ seconds: 1, visits: 2 }]);
});
