import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectNumbered } from "../build/bench/checked-clients.ts";
import { costPerMillion } from "../build/bench/cost.ts";
import { expectExact } from "../build/bench/load-tool.ts";
import { page } from "../build/bench/page.ts";
import { kept, PARTS, type Result } from "../build/bench/result.ts";
import { ROOT } from "../build/root.ts";
import { median, medianInterval, percentile, shortly, spread } from "../build/statistics.ts";
import { emulatorHost } from "./support/emulator.ts";
import { requires } from "./support/skip.ts";

const MACHINE = {
  cpu: "a <fast> one",
  cores: 2,
  memoryGb: 24,
  system: "linux",
  node: "v24",
  loadBefore: 0,
  commit: "abc",
  date: "2026-11-22T12:00:00Z",
};
const RESULT: Result = {
  part: "load",
  title: "Counting & more",
  table: [
    ["", "visits/s"],
    ["footfall", "1,000"],
  ],
  charts: [{ title: "Visits", unit: "visits/s", bars: [{ label: "footfall", value: 1_000, ours: true }] }],
  budgets: [{ name: "ratio", value: 0.3, goal: 0.4, kind: "least" }],
  figures: {},
  notes: [],
};

describe("the bench's statistics", () => {
  test("a median lies in the middle, whatever the order", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test("a percentile is one of the values, and no share of them lies above it that should not", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
        const found = percentile(values, share);
        expect(values).toContain(found);
        expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual(Math.floor(values.length * share));
      }),
    );
  });

  test("runs that agree have no spread", () => {
    expect(spread([5, 5, 5])).toBe(0);
    expect(spread([9, 10, 11])).toBeCloseTo(0.1);
  });

  test("fewer than six values do not tell where the true median lies", () => {
    expect(medianInterval([1, 2, 3, 4, 5])).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  // The ranks of a sign test: https://www.itl.nist.gov/div898/handbook/prc/section2/prc21.htm
  test.each([
    [6, 1, 6],
    [8, 1, 8],
    [9, 2, 8],
    [25, 8, 18],
    [100, 40, 61],
  ])("of %d values the true median lies between the %dth and the %dth", (count, low, high) => {
    expect(medianInterval(Array.from({ length: count }, (_, index) => count - index))).toEqual([low, high]);
  });

  test.each([
    [1234.5, "1,235"],
    [12.34, "12.3"],
    [1.234, "1.23"],
    [0.0123, "0.012"],
    [Number.NaN, "–"],
  ])("%d reads as %s", (value, text) => {
    expect(shortly(value)).toBe(text);
  });
});

describe("the bench's counts", () => {
  const answers = { counted: 100, failed: 2, perSecond: 1, p50Ms: 1, p99Ms: 1 };

  test.each([100, 101, 110])("of 100 answers, 2 failures and 8 in flight, %d stored are exact", (stored) => {
    expect(() => expectExact("it", answers, stored, 8)).not.toThrow();
  });

  test.each([99, 111])("%d are not", (stored) => {
    expect(() => expectExact("it", answers, stored, 8)).toThrow(`it: 100 visits were answered, the store has ${stored}.`);
  });

  test("numbers are 1 to n in any order, none missing and none twice", () => {
    expect(() => expectNumbered("it", [3, 1, 2])).not.toThrow();
    for (const wrong of [
      [2, 3],
      [1, 3],
      [1, 1],
      [0, 1],
    ])
      expect(() => expectNumbered("it", wrong)).toThrow("it: of 2 answers");
  });
});

describe("the bench's report", () => {
  test("tells a kept budget from one that falls short", () => {
    expect(kept({ name: "", value: 0.4, goal: 0.4, kind: "least" })).toBe(true);
    expect(kept({ name: "", value: 1.3, goal: 1.2, kind: "most" })).toBe(false);
  });

  test("is one page that loads nothing, with its text escaped", () => {
    const html = page({ runs: [{ machine: MACHINE, result: RESULT }] });
    expect(html).not.toMatch(/\b(?:src|href)=|url\(|@import|<script/);
    expect(html).toContain("Counting &#38; more");
    expect(html).toContain("a &#60;fast&#62; one");
    expect(html).toContain('<td class="short">short</td>');
    expect(html).toMatch(/<dd class="ours"><i style="width: [\d.]+%"><\/i>[\d,.]+<\/dd>/);
  });

  test("sums what a million visits cost", () => {
    const { sum, ...parts } = costPerMillion(1, 3, 1);
    expect(parts.writes).toBeCloseTo(5.4);
    expect(parts.deletes).toBeCloseTo(0.2);
    expect(parts.run).toBeCloseTo(0.4 + 100_000 * 0.000_025_25);
    expect(sum).toBeCloseTo(Object.values(parts).reduce((total, part) => total + part));
    expect(costPerMillion(1_000, 0.1, 0.03).sum).toBeLessThan(sum);
  });
});

const bench = (args: readonly string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [join(ROOT, "build", "bench", "main.ts"), ...args], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: 280_000,
  });

describe("npm run bench", () => {
  test("explains every part with --help", () => {
    const { stdout, status } = bench(["--help"]);
    expect(status).toBe(0);
    for (const part of PARTS) expect(stdout).toMatch(new RegExp(`^ {2}${part} {2}`, "m"));
  });

  test.each([
    [["speed"], 'The part is "speed"; allowed are size, cold, load, visitors, scale, reload, soak.'],
    [["load", "--rounds", "0"], '--rounds is "0"; allowed is a whole number from 1 to 9999.'],
    [["--fast"], "Unknown option '--fast'; allowed are --against, --rounds"],
    [["soak", "--stops", "many"], '--stops is "many"; allowed is a whole number from 0 to 9999.'],
    [["size", "--against", "no-such-commit"], '--against is "no-such-commit"; allowed is a commit of this repository.'],
  ])("refuses %j in one line", (args, message) => {
    const { stderr, status } = bench(args);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

requires("emulator")("npm run bench soak", () => {
  test("loses no visit and counts none twice, while gRPC takes over and while a server stops", { timeout: 300_000 }, async () => {
    const args = ["soak", "--switches", "2", "--stops", "1", "--minutes", "0"];
    const { stdout, stderr, status } = bench(args, { DATASTORE_EMULATOR_HOST: await emulatorHost() });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^REST to gRPC under load, with ids +2 /m);
    expect(stdout).toMatch(/^SIGTERM under 64 connections +1 /m);
  });
});
