import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createIdentify } from "../../../src/domain/visitors/identity.ts";
import { MAX_RANK, REGISTERS } from "../../../src/domain/visitors/sketch.ts";

const SALT = Uint8Array.from({ length: 32 }, (_, index) => index);
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

test.each([
  ["example.com", null, "192.0.2.1", FIREFOX, 747, 1],
  ["example.com", "/", "192.0.2.1", FIREFOX, 1669, 1],
  ["example.com", "/blog", "192.0.2.1", FIREFOX, 2670, 1],
  ["example.com", null, "2001:db8:0:1::/64", FIREFOX, 3222, 2],
  ["example.com", null, "192.0.2.1", "", 2458, 1],
  ["example.com", "/blog", "198.51.213.116", FIREFOX, 2169, 15],
  ["xn--mnchen-3ya.de", "/caf%C3%A9", "192.0.2.1", "Ünïcode/1.0", 2676, 2],
])("instances and versions agree where %s %s has %s", (site, page, address, userAgent, register, rank) => {
  expect(createIdentify(SALT)(site, page, { address, userAgent })).toEqual({ register, rank });
});

test("it is HMAC-SHA-256: 12 bits are the register, the leading zeros of 52 more are the rank", () => {
  const text = fc.string({ maxLength: 200 }).map((one) => one.replaceAll("\0", ""));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), text, text, text, text, (salt, site, page, address, userAgent) => {
      const hash = createHmac("sha256", salt).update([site, page, address, userAgent].join("\0")).digest().readBigUInt64BE();
      const zeros = (hash & (2n ** 52n - 1n)).toString(2).padStart(52, "0").indexOf("1");
      const expected = { register: Number(hash >> 52n), rank: zeros < 0 ? MAX_RANK : zeros + 1 };
      expect(createIdentify(salt)(site, page, { address, userAgent })).toEqual(expected);
    }),
  );
});

/** Places of many clients: two lists of the same clients agree by chance in few. */
function placesOf(salt: Uint8Array, site: string, page: string | null): string[] {
  const identify = createIdentify(salt);
  return Array.from({ length: 500 }, (_, client) => {
    const { register } = identify(site, page, { address: `192.0.2.${client >> 1}`, userAgent: client & 1 ? FIREFOX : "Safari" });
    return `${client}:${register}`;
  });
}

test.each([
  ["another page", SALT, "example.com", "/blog"],
  ["the front page", SALT, "example.com", "/"],
  ["another site", SALT, "example.org", null],
  ["a site whose name ends as a page begins", SALT, "example.co", "m"],
  ["another day", SALT.toReversed(), "example.com", null],
] as const)("a client stands elsewhere in the sketch of %s", (_, salt, site, page) => {
  const known = new Set(placesOf(SALT, "example.com", null));
  expect(placesOf(salt, site, page).filter((one) => known.has(one)).length).toBeLessThan(5);
});

test("clients spread over all registers", () => {
  const identify = createIdentify(SALT);
  const registers = new Set<number>();
  for (let client = 0; client < 40_000; client += 1)
    registers.add(identify("example.com", null, { address: `10.${client >> 8}.${client & 255}.1`, userAgent: FIREFOX }).register);
  expect(Math.max(...registers)).toBe(REGISTERS - 1);
  expect(registers.size).toBeGreaterThan(REGISTERS - 10);
});

test("User-Agents that differ behind their 512th character are one", () => {
  const identify = createIdentify(SALT);
  const [long, longer, other] = ["a".repeat(512), "a".repeat(60_000), `${"a".repeat(511)}b`].map((userAgent) =>
    identify("example.com", null, { address: "192.0.2.1", userAgent }),
  );
  expect(longer).toEqual(long);
  expect(other).not.toEqual(long);
});

test.each([0, 16, 31, 33])("a salt of %i bytes is refused", (bytes) => {
  expect(() => createIdentify(new Uint8Array(bytes))).toThrow(TypeError);
});
