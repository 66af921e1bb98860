import { expect, test } from "vitest";
import { createSketchCopies, isStale } from "../../../src/domain/visitors/copies.ts";
import { MAX_RANK, REGISTERS, Sketch } from "../../../src/domain/visitors/sketch.ts";

const copy = (readAt: number) => ({ sketch: new Sketch(), epoch: 0, readAt });

test("a copy is a site's or a page's, of one day", () => {
  const copies = createSketchCopies(10);
  copies.set("example.com", null, "2026-11-29", copy(1));
  copies.set("example.com", "/", "2026-11-29", copy(2));
  copies.set("example.com", "/", "2026-11-28", copy(3));
  expect(copies.get("example.com", null, "2026-11-29")?.readAt).toBe(1);
  expect(copies.get("example.com", "/", "2026-11-29")?.readAt).toBe(2);
  expect(copies.get("example.com", "/", "2026-11-28")?.readAt).toBe(3);
  expect(copies.get("example.org", null, "2026-11-29")).toBeUndefined();
});

test("a stranger's pages do not fill the memory", () => {
  const copies = createSketchCopies(100);
  const pages = Array.from({ length: 1_000 }, (_, index) => `/${index}`);
  for (const page of pages) copies.set("example.com", page, "2026-11-29", copy(0));
  expect(pages.filter((page) => copies.get("example.com", page, "2026-11-29")).length).toBeLessThanOrEqual(200);
});

test("a copy is read again the less often, the more it has: at once where it is empty, after half a minute where it is full", () => {
  expect(isStale(copy(1_000), 1_000)).toBe(true);
  const full = { ...copy(1_000), sketch: new Sketch(new Uint8Array(REGISTERS).fill(MAX_RANK)) };
  expect(isStale(full, 1_000 + 28_000)).toBe(false);
  expect(isStale(full, 1_000 + 30_000)).toBe(true);
});
