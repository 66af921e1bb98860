import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../src/domain/invalid.ts";
import { MAX_PAGE_BYTES, normalizePage } from "../../src/domain/page.ts";

const SITE = "example.com";
const normalize = (text: string) => normalizePage(text, SITE);

describe("a page's name", () => {
  test.each([
    [
      "/blog",
      ["/blog", "/blog/", "//blog", "/%62log", "/blog/index.html", "https://example.com/blog?x=1#y", "blog", "/x/../blog", "/./blog//"],
    ],
    ["/", ["/", "", "//", "/index.html", "/index.htm", "?x", "#y", "https://example.com", "http://www.example.com:8080/", "/a/.."]],
    ["/%C3%A4", ["/ä", "/%c3%a4", "/%C3%a4/"]],
    ["/a%2Fb", ["/a%2fb", "/a%2Fb/"]],
    ["/a%20b", ["/a b", "/a%20b", "  /a b", "/a b  "]],
    ["/a%20%20b", ["/a  b"]],
    ["/indexXhtml", ["/indexXhtml"]],
    ["/a:b", ["/a:b", "/a%3Ab"]],
    ["/%25", ["/%25"]],
    ["/%2525", ["/%2525"]],
  ])("is %s for each of %j", (page, texts) => {
    for (const text of texts) expect(normalize(text), text).toBe(page);
  });

  test.each([
    ["/%zz"],
    ["/%"],
    ["/%4"],
    ["/\u0000"],
    ["/%00"],
    ["/a\tb"],
    ["/a\u0085b"],
    ["/a%C2%85b"],
    ["/%0a"],
    ["/\ud800"],
    ["/%7f"],
    ["/\u0085"],
    ["https://elsewhere.net/"],
    ["javascript:1"],
    ["data:,x"],
  ])("is not made from %j", (text) => expect(() => normalize(text)).toThrow(InvalidInput));

  test("may have 1,024 bytes, after normalisation, and no more", () => {
    expect(normalize(`/${"x".repeat(MAX_PAGE_BYTES - 1)}/index.html`)).toHaveLength(MAX_PAGE_BYTES);
    expect(() => normalize(`/${"x".repeat(MAX_PAGE_BYTES)}`)).toThrow(InvalidInput);
    expect(() => normalize(`/${"ä".repeat(171)}`)).toThrow(InvalidInput);
  });

  test("is the same for a plain path, which is not looked at any further, as for one with a slash behind", () => {
    const plain = fc.array(fc.stringMatching(/^[\w-]{1,9}$/), { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join("/")}`);
    fc.assert(
      fc.property(plain, (text) => {
        expect([normalize(text), normalize(`${text}/`)]).toEqual([text, text]);
      }),
    );
  });

  const piece = fc.oneof(
    fc.constantFrom(
      "/",
      "//",
      ".",
      "..",
      "%2F",
      "%2f",
      "%2e",
      "%2E%2e",
      "%62",
      "%25",
      "%5c",
      "\\",
      "index.html",
      "index.htm",
      "INDEX.HTML",
      "a",
      "ä",
      "%C3%A4",
      " ",
      "+",
      "&",
      ":",
      "@",
      "[",
      "|",
      "😀",
      ";",
      "?q",
      "#f",
      "'",
      '"',
      "%E4",
      "^",
      "`",
    ),
    fc.string({ unit: "grapheme", maxLength: 4 }),
  );
  const anyText = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));

  test("normalising twice is normalising once", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const page = tryNormalize(text);
        fc.pre(page !== null);
        expect(normalize(page)).toBe(page);
      }),
      { numRuns: 5_000 },
    );
  });

  test("is ASCII, begins with a slash, and has no empty, dot or index part", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const page = tryNormalize(text);
        fc.pre(page !== null);
        expect(page).toMatch(/^\/[\x21-\x7e]*$/);
        expect(page).not.toMatch(/\/\/|[?#\\]|\/\.{1,2}(?:\/|$)|.\/$|\/index\.html?$/);
      }),
      { numRuns: 5_000 },
    );
  });

  test("is one for all that a URL may be written as", () => {
    const segment = fc.stringMatching(/^[a-z0-9._~!$&'()*+,;=:@-]{1,8}$/).filter((text) => !/^\.{1,2}$|^index\.html?$/.test(text));
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.nat(), (segments, seed) => {
        const page = `/${segments.join("/")}`;
        const encoded = page.replace(/[a-z~._]/g, (char, at: number) =>
          (seed >> (at % 24)) & 1 ? `%${char.charCodeAt(0).toString(16)}` : char,
        );
        const written = [
          page,
          encoded,
          `${page}/`,
          page.replaceAll("/", "//"),
          `${page}/index.html`,
          `${page}/x/..`,
          `/x/..${page}`,
          `${page}?a=/b#c`,
          `https://www.example.com:444${page}`,
        ];
        for (const text of written) expect(normalize(text), text).toBe(page);
      }),
      { numRuns: 1_000 },
    );
  });
});

function tryNormalize(text: string): string | null {
  try {
    return normalize(text);
  } catch (error) {
    if (error instanceof InvalidInput) return null;
    throw error;
  }
}
