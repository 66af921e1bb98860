import { afterEach, beforeEach, expect, test } from "vitest";
import { addDays, DAY_MS, dayOf, HOUR_MS } from "../../src/domain/day.ts";
import { bundleWorker, type RunningWorker, runWorker } from "../support/miniflare.ts";

/** How far the clocks of the west are behind. */
const BEHIND_MS = 12 * HOUR_MS;
const today = dayOf(Date.now());
/** When the day after `day`'s next has begun everywhere. */
const over = (day: string) => Date.parse(addDays(day, 2)) + BEHIND_MS;

let worker: RunningWorker;
beforeEach(async () => {
  worker = await runWorker({ script: await bundleWorker(new URL("../support/salt-worker.ts", import.meta.url)), vars: {} });
});
afterEach(() => worker.stop());

async function ask(path: string): Promise<{ alarm: number | null; days: string[] }> {
  const response = await fetch(new URL(path, worker.url));
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as { alarm: number | null; days: string[] };
}

test("a Durable Object's first salt of a day sets an alarm for when the day after next has begun in every zone", async () => {
  expect(await ask(`/salt?day=${today}`)).toEqual({ alarm: over(today), days: [today] });
  // A later salt leaves it as it is.
  expect(await ask(`/salt?day=${addDays(today, 1)}`)).toEqual({ alarm: over(today), days: [today, addDays(today, 1)] });
});

test("the alarm deletes the salts of days that are over everywhere, and comes again while there are others", async () => {
  const tomorrow = addDays(today, 1);
  await ask(`/salt?day=${today}`);
  await ask(`/salt?day=${tomorrow}`);
  const early = over(today) - 1;
  expect(await ask(`/ring?at=${early}`)).toEqual({ alarm: early + DAY_MS, days: [today, tomorrow] });
  expect(await ask(`/ring?at=${over(today)}`)).toEqual({ alarm: over(today) + DAY_MS, days: [tomorrow] });
  expect(await ask(`/ring?at=${over(today) + DAY_MS}`)).toEqual({ alarm: null, days: [] });
});

test("the alarm rings by itself: a salt is gone though no visit comes by", async () => {
  expect((await ask("/salt?day=2020-01-01")).days.length).toBeLessThanOrEqual(1);
  await expect.poll(() => ask("/"), { timeout: 20_000 }).toEqual({ alarm: null, days: [] });
});
