import { expect, test } from "vitest";
import { timeLeft } from "../../src/domain/in-time.ts";

test("time runs out as the clock goes on, and a clock that is set back adds none", () => {
  let time = 1_000;
  const left = timeLeft(7_000, () => time);
  time = 3_000;
  expect(left()).toBe(4_000);
  time = -600_000;
  expect(left()).toBe(4_000);
  time += 1_500;
  expect(left()).toBe(2_500);
  time += 3_000;
  expect(left()).toBe(-500);
});
