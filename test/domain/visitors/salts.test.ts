import { expect, test } from "vitest";
import { oldestKept } from "../../../src/domain/visitors/salts.ts";

test("salts of today and yesterday are kept, over the end of a year too", () => {
  expect(oldestKept("2026-11-29")).toBe("2026-11-28");
  expect(oldestKept("2027-01-01")).toBe("2026-12-31");
});
