import { expect, test } from "vitest";
import { createRecent } from "../../src/domain/recent.ts";

test("keeps the entries used last, and never more than twice the limit", () => {
  const recent = createRecent<number>(10);
  for (let index = 0; index < 1_000; index += 1) {
    recent.set(`key ${index}`, index);
    // Used all the time.
    recent.get("key 0");
  }
  const kept = Array.from({ length: 1_000 }, (_, index) => index).filter((index) => recent.get(`key ${index}`) !== undefined);
  expect(kept).toContain(0);
  for (let index = 991; index < 1_000; index += 1) expect(kept).toContain(index);
  expect(kept.length).toBeLessThanOrEqual(20);
});

test("a value is replaced, and an unknown key has none", () => {
  const recent = createRecent<string>(2);
  recent.set("a", "one");
  recent.set("a", "two");
  expect([recent.get("a"), recent.get("b")]).toEqual(["two", undefined]);
});
