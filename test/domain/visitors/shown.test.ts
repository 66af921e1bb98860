import { expect, test } from "vitest";
import { atLeast, shownInAll, shownOn } from "../../../src/domain/visitors/shown.ts";

const DAYS = {
  visits: { "2026-11-27": 10, "2026-11-28": 3, "2026-11-29": 5 },
  estimated: { "2026-11-27": 7, "2026-11-28": 4 },
  added: { "2026-11-27": 2, "2026-11-29": 4, "2026-11-20": 6 },
};

test("a day shows what was estimated and what was imported, and no more than its visits", () => {
  const days = ["2026-11-27", "2026-11-28", "2026-11-29", "2026-11-20", "2026-11-01"];
  expect(days.map((day) => shownOn(DAYS, day))).toEqual([9, 3, 4, 0, 0]);
});

test("in all it is the start value and every day as shown", () => {
  expect(shownInAll(100, DAYS)).toBe(100 + 9 + 3 + 4);
  expect(shownInAll(100, { visits: {}, estimated: {}, added: {} })).toBe(100);
});

test("a site shows at least each page's visitors", () => {
  expect(atLeast(9, [])).toBe(9);
  expect(atLeast(9, [3, 12, 4])).toBe(12);
});
