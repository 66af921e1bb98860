import { expect, test } from "vitest";
import { placesOf } from "../../../src/domain/visitors/visitor.ts";

const place = (register: number) => ({ register, rank: 1 });
const visit = (page: string, day: string, register: number) => ({ page, day, visitor: { site: place(register), page: place(-register) } });

test("a batch's places are those of its site and of each page, by day", () => {
  const visits = [
    visit("/a", "2026-11-28", 1),
    visit("/b", "2026-11-29", 2),
    { page: "/c", day: "2026-11-29", visitor: null },
    visit("/a", "2026-11-29", 3),
    visit("/b", "2026-11-29", 2),
  ];
  expect(placesOf(visits)).toEqual([
    { page: null, day: "2026-11-28", places: [place(1)] },
    { page: null, day: "2026-11-29", places: [place(2), place(3), place(2)] },
    { page: "/a", day: "2026-11-28", places: [place(-1)] },
    { page: "/a", day: "2026-11-29", places: [place(-3)] },
    { page: "/b", day: "2026-11-29", places: [place(-2), place(-2)] },
  ]);
  expect(placesOf([{ page: "/c", day: "2026-11-29", visitor: null }])).toEqual([]);
});
