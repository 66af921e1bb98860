import { expect, test } from "vitest";
import { estimate } from "../../../src/domain/visitors/estimator.ts";
import { createIdentify } from "../../../src/domain/visitors/identity.ts";
import { MAX_RANK, type Place, placeOf, REGISTERS, Sketch } from "../../../src/domain/visitors/sketch.ts";

/** How far from the truth: the standard deviation that 4,096 registers allow. */
const SIGMAS = [
  { visitors: 20, sigma: 0.2 },
  { visitors: 100, sigma: 1.1 },
  { visitors: 1_000, sigma: 11.5 },
  { visitors: 10_000, sigma: 160 },
];
const SEEDS = 200;

/** Random 32-bit numbers, the same for the same seed (sfc32). */
function createRandom(seed: number): () => number {
  let [a, b, c, count] = [seed, 0x9e3779b9, 0x243f6a88, 1];
  const next = (): number => {
    const result = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let turn = 0; turn < 15; turn += 1) next();
  return next;
}

/** How far off the estimate of so many different visitors is. */
function errorOf(visitors: number, place: (visitor: number) => Place): number {
  const sketch = new Sketch();
  for (let visitor = 0; visitor < visitors; visitor += 1) sketch.add(place(visitor));
  return estimate(sketch) - visitors;
}

function expectWithin(errors: readonly number[], sigma: number): void {
  const meanSquare = errors.reduce((sum, error) => sum + error * error, 0) / errors.length;
  expect(Math.sqrt(meanSquare)).toBeLessThanOrEqual(1.2 * sigma);
  expect(Math.max(...errors.map(Math.abs))).toBeLessThanOrEqual(5.5 * sigma);
}

test.each(SIGMAS)("estimates $visitors visitors as well as the sketch allows", ({ visitors, sigma }) => {
  const errors = Array.from({ length: SEEDS }, (_, seed) => {
    const random = createRandom(seed);
    return errorOf(visitors, () => placeOf(random(), random()));
  });
  expectWithin(errors, sigma);
});

test.each(SIGMAS.slice(0, 3))("estimates $visitors clients told apart by their addresses as well", ({ visitors, sigma }) => {
  const errors = Array.from({ length: SEEDS }, (_, seed) => {
    const identify = createIdentify(new Uint8Array(32).fill(seed));
    const scope = seed % 2 === 0 ? "site" : "page";
    return errorOf(
      visitors,
      (visitor) => identify("example.com", "/", { address: `10.0.${visitor >> 8}.${visitor & 255}`, userAgent: "Mozilla/5.0" })[scope],
    );
  });
  expectWithin(errors, sigma);
});

test("nobody is 0 visitors, and one is 1", () => {
  expect(estimate(new Sketch())).toBe(0);
  for (const rank of [1, 2, 10, MAX_RANK]) {
    const sketch = new Sketch();
    sketch.add({ register: 9, rank });
    expect(estimate(sketch)).toBe(1);
  }
});

test("a visitor more never makes the estimate less", () => {
  const random = createRandom(1);
  const sketch = new Sketch();
  let before = 0;
  for (let visitor = 0; visitor < 20_000; visitor += 1) {
    if (!sketch.add(placeOf(random(), random()))) continue;
    const after = estimate(sketch);
    expect(after).toBeGreaterThanOrEqual(before);
    before = after;
  }
});

test("the same sketch has the same estimate in every version", () => {
  const random = createRandom(2);
  const sketch = new Sketch();
  const estimates = [10, 100, 1_000, 10_000, 100_000].map((visitors) => {
    for (let visitor = 0; visitor < visitors; visitor += 1) sketch.add(placeOf(random(), random()));
    return estimate(sketch);
  });
  expect(estimates).toEqual([10, 110, 1_110, 11_022, 107_668]);
});

test.each([
  ["one rank everywhere", () => 1, 5_909],
  ["half of the registers empty", (register: number) => register % 2, 2_590],
  ["every rank, and empty registers", (register: number) => (register * 7) % 54, 78_904],
  ["a quarter of the largest rank", (register: number) => (register % 4 === 0 ? 53 : 1), 7_879],
  ["half of the largest rank", (register: number) => (register % 2 === 0 ? 53 : 1), 11_819],
  ["thousands of billions", () => 30, 3_172_519_945_584],
  ["more than can be counted", () => 53, Number.MAX_SAFE_INTEGER],
])("estimates as the paper's algorithm, tau included, does: %s", (_, rank, expected) => {
  expect(estimate(new Sketch(Uint8Array.from({ length: REGISTERS }, (_, register) => rank(register))))).toBe(expected);
});
