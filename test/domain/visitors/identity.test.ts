import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createIdentify } from "../../../src/domain/visitors/identity.ts";
import { MAX_RANK, REGISTERS } from "../../../src/domain/visitors/sketch.ts";

const SALT = Uint8Array.from({ length: 32 }, (_, index) => index);
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const CLIENT = { address: "192.0.2.1", userAgent: FIREFOX };

/** The first 12 bits of a hash are the register, the leading zeros of 52 more are the rank. */
function placeBy(digest: Buffer) {
  const hash = digest.readBigUInt64BE();
  const zeros = (hash & (2n ** 52n - 1n)).toString(2).padStart(52, "0").indexOf("1");
  return { register: Number(hash >> 52n), rank: zeros < 0 ? MAX_RANK : zeros + 1 };
}

test.each([
  ["example.com", "/", "192.0.2.1", FIREFOX, [3645, 3], [2216, 2]],
  ["example.com", "/blog", "192.0.2.1", FIREFOX, [3645, 3], [2883, 3]],
  ["example.com", "/", "2001:db8:0:1::/64", FIREFOX, [655, 1], [2154, 3]],
  ["example.com", "/", "192.0.2.1", "", [849, 2], [2420, 4]],
  ["xn--mnchen-3ya.de", "/caf%C3%A9", "192.0.2.1", "Ünïcode/1.0", [3262, 2], [587, 2]],
] as const)("instances and versions agree where %s%s has %s", (site, page, address, userAgent, onSite, onPage) => {
  const visitor = createIdentify(SALT)(site, page, { address, userAgent });
  expect([visitor.site, visitor.page].map(({ register, rank }) => [register, rank])).toEqual([onSite, onPage]);
});

test("it is HMAC-SHA-256 of the client at the site, and SHA-256 of that and the page", () => {
  const text = fc
    .oneof(fc.string({ maxLength: 200 }), fc.string({ maxLength: 200, unit: "binary" }))
    .map((one) => one.replaceAll("\0", ""));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), text, text, text, text, (salt, site, page, address, userAgent) => {
      const onSite = createHmac("sha256", salt).update([site, address, userAgent].join("\0")).digest();
      const onPage = createHash("sha256").update(onSite).update(page).digest();
      expect(createIdentify(salt)(site, page, { address, userAgent })).toEqual({ site: placeBy(onSite), page: placeBy(onPage) });
    }),
    { examples: [[SALT, "site".repeat(2_000), "/ü".repeat(3_000), CLIENT.address, FIREFOX]] },
  );
});

/** Places of many clients: two lists of the same clients agree by chance in few. */
function placesOf(salt: Uint8Array, site: string, page: string | null): string[] {
  const identify = createIdentify(salt);
  return Array.from({ length: 500 }, (_, client) => {
    const visitor = identify(site, page ?? "/", { address: `192.0.2.${client >> 1}`, userAgent: client & 1 ? FIREFOX : "Safari" });
    return `${client}:${(page === null ? visitor.site : visitor.page).register}`;
  });
}

test.each([
  ["another page", SALT, "example.com", "/blog"],
  ["the front page", SALT, "example.com", "/"],
  ["another site", SALT, "example.org", null],
  ["a site whose name ends as a page begins", SALT, "example.co", "m"],
  ["another day", SALT.toReversed(), "example.com", null],
] as const)("a client stands elsewhere in the sketch of %s", (_, salt, site, page) => {
  for (const other of [null, "/other"]) {
    const known = new Set(placesOf(SALT, "example.com", other));
    expect(placesOf(salt, site, page).filter((one) => known.has(one)).length).toBeLessThan(5);
  }
});

test("a client has the same place in its site's sketch on every page", () => {
  expect(new Set(["/", "/blog"].map((page) => createIdentify(SALT)("example.com", page, CLIENT).site.register)).size).toBe(1);
});

test("clients spread over all registers", () => {
  const identify = createIdentify(SALT);
  const clients = Array.from({ length: 40_000 }, (_, client) => ({ address: `10.${client >> 8}.${client & 255}.1`, userAgent: FIREFOX }));
  const visitors = clients.map((client) => identify("example.com", "/", client));
  for (const registers of [visitors.map(({ site }) => site.register), visitors.map(({ page }) => page.register)]) {
    expect(Math.max(...registers)).toBe(REGISTERS - 1);
    expect(new Set(registers).size).toBeGreaterThan(REGISTERS - 10);
  }
});

test("User-Agents that differ behind their 512th character are one", () => {
  const identify = createIdentify(SALT);
  const [long, longer, other] = ["a".repeat(512), "a".repeat(60_000), `${"a".repeat(511)}b`].map((userAgent) =>
    identify("example.com", "/", { address: "192.0.2.1", userAgent }),
  );
  expect(longer).toEqual(long);
  expect(other).not.toEqual(long);
});

test.each([0, 16, 31, 33])("a salt of %i bytes is refused", (bytes) => {
  expect(() => createIdentify(new Uint8Array(bytes))).toThrow(TypeError);
});
