import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../src/domain/invalid.ts";
import { allowSites, parseSite, siteOfHost, siteOfUrl } from "../../src/domain/site.ts";

describe("a site", () => {
  test.each([
    ["example.com", ["example.com", "EXAMPLE.com", "www.example.com", "www.www.example.com", "example.com.", "example.com:8080"]],
    ["xn--bcher-kva.example", ["bücher.example", "xn--bcher-kva.example", "www.BÜCHER.example"]],
    ["www", ["www", "www.", "www.www"]],
    ["com", ["www.com", "com"]],
    ["localhost", ["localhost", "localhost:3000"]],
    ["127.0.0.1", ["127.0.0.1", "127.0.0.1.", "127.1", "0x7f000001"]],
    ["[::1]", ["[::1]", "[::1]:80", "[0:0:0:0:0:0:0:1]"]],
  ])("is %s for each of %j", (site, hosts) => {
    for (const host of hosts) {
      expect(siteOfHost(host), host).toBe(site);
      expect(parseSite(host), host).toBe(site);
    }
  });

  test.each([
    [""],
    ["."],
    ["example.com.."],
    [".example.com"],
    ["a..b"],
    ["www..example.com"],
    ["exa mple.com"],
    ["example.com/"],
    ["user@example.com"],
    ["example.com?x"],
    ["example.com#x"],
    ["__example"],
    ["www.__example"],
    ["\u0000"],
    ["example.com:99999"],
    [`${"a".repeat(250)}.com`],
    // Letters that a host leaves out: nobody writes so many.
    [`exam${"\u00ad".repeat(1_000)}ple.com`],
  ])("is not made from %j", (host) => {
    expect(siteOfHost(host)).toBeNull();
    expect(() => parseSite(host)).toThrow(InvalidInput);
  });

  test("may have 253 bytes and no more", () => {
    const long = `${"a".repeat(249)}.com`;
    expect(siteOfHost(long)).toBe(long);
    expect(siteOfHost(`www.${long}`)).toBe(long);
    expect(siteOfHost(`a${long}`)).toBeNull();
  });

  test.each([
    ["https://www.example.com", "example.com"],
    ["http://example.com:8080/a?b#c", "example.com"],
    ["null", null],
    ["", null],
    ["file:///etc/hosts", null],
    ["chrome-extension://abcdef", null],
    ["example.com", null],
    [`https://exam${"%C2%AD".repeat(200)}ple.com/`, null],
    [`https:\\\\\t/exam${"%C2%AD".repeat(200)}ple.com`, null],
    [`https://example.com/${"a".repeat(2_000)}`, "example.com"],
  ])("of the header %j is %j", (header, site) => expect(siteOfUrl(header)).toBe(site));

  test("is the same when it is normalised again", () => {
    const piece = fc.oneof(
      fc.constantFrom("www.", "www", ".", "..", "a", "B", "ä", "xn--", "1", "0x7f", "-", "_", "__", ":80", "[::1]", "%2e", "%61", "。"),
      fc.string({ unit: "grapheme", maxLength: 3 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
        (host) => {
          const site = siteOfHost(host);
          if (site !== null) expect(siteOfHost(site)).toBe(site);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

test("a policy allows its sites, or every one", () => {
  const some = allowSites(["a.example", "b.example"]);
  expect([some("a.example"), some("b.example"), some("c.example")]).toEqual([true, true, false]);
  expect(allowSites("*")("c.example")).toBe(true);
});
