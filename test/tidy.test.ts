import { join } from "node:path";
import { expect, test } from "vitest";
import { start } from "../build/process.ts";

const PROCESS = join(import.meta.dirname, "support", "tidy-process.ts");

test("a process that has become quiet gives back what it does not use, and V8 goes on taking what was compiled ahead of time", async () => {
  const running = start(process.execPath, [PROCESS]);
  try {
    expect(await running.exited, running.output()).toBe(0);
  } finally {
    await running.stop();
  }
  const { before, after, refused } = JSON.parse(running.output());
  expect(before).toBeGreaterThan(50);
  expect(after).toBeLessThan(before / 4);
  expect(refused).toBe(false);
});
