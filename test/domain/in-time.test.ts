import { expect, test } from "vitest";
import { timeLeft } from "../../src/domain/in-time.ts";

test("time runs out by as much as the clock goes on, and is not put off where it is set back", () => {
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
