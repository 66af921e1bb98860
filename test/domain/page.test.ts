import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../src/domain/invalid.ts";
import { MAX_PAGE_BYTES, normalizePage } from "../../src/domain/page.ts";
import { cpuMs } from "../support/cpu.ts";

const SITE = "example.com";
/** Linear work on a megabyte takes a fraction of a second, quadratic work half a minute. */
const LINEAR_MS = 10_000;
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
    ["/sale-50%25-off", ["/sale-50%-off", "/sale-50%25-off", "https://example.com/sale-50%-off"]],
    ["/%25zz", ["/%zz", "/%25zz"]],
    ["/%25", ["/%", "/%25", "/%/"]],
    ["/%254", ["/%4", "/%254", "/%%34"]],
    ["/%25u0041", ["/%u0041"]],
    ["/%2500", ["/%%30%30", "/%2500"]],
    ["/%E4", ["/%E4", "/%e4"]],
    ["/%C0%AF%FF", ["/%c0%af%ff"]],
    ["/%C2%258", ["/%c2%8"]],
  ])("is %s for each of %j", (page, texts) => {
    for (const text of texts) expect(normalize(text), text).toBe(page);
  });

  test.each([
    ["/\u0000"],
    ["/%00"],
    ["/a\tb"],
    ["/a\u0085b"],
    ["/a%C2%85b"],
    ["/%0a"],
    ["/\ud800"],
    ["/%7f"],
    ["/%%7F"],
    ["/%E4%c2%80"],
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

  test("is the same for a plain path, which is returned as it is, and for that path with a trailing slash", () => {
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
      "%",
      "%%",
      "%2",
      "5",
      "F",
      "%00",
      "%c2%",
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

  test("is a name or an InvalidInput for any text, full URLs and lone surrogates included", () => {
    const any = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.array(fc.nat({ max: 0xffff }), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
      anyText.map((text) => `https://${text}`),
      anyText.map((text) => `https://${SITE}/${text}`),
    );
    fc.assert(
      fc.property(any, (text) => {
        const page = tryNormalize(text);
        if (page !== null) expect(normalize(page)).toBe(page);
      }),
      { numRuns: 1_000 },
    );
  });

  test("has every percent sign in an escape, and an encoded text keeps its meaning", () => {
    const segment = fc.string({ unit: fc.constantFrom("%", "a", "2", "5", "F", "ä", "-"), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(segment, (text) => {
        const page = normalize(`/${text}`);
        expect(page).toMatch(/^(?:[^%]|%[0-9A-F]{2})+$/);
        expect(normalize(`/${encodeURIComponent(text)}`)).toBe(encodeURI(`/${text}`));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["percent signs", "%"],
    ["escapes", "%25"],
    ["slashes", "/"],
    ["index segments", "/index.html"],
    ["spaces", " "],
    ["plain segments", "/a"],
    ["dots", "/.."],
    ["a scheme", "a"],
  ])("takes linear time for a quarter of a megabyte of %s", async (_, piece) => {
    const text = piece.repeat(Math.ceil(250_000 / piece.length));
    const ms = await cpuMs(() => {
      for (const hostile of [`/${text}`, `/${text}!`, `${text}:`, `https://${SITE}/${text}`]) tryNormalize(hostile);
    });
    expect(ms).toBeLessThan(LINEAR_MS);
  });

  test("is one for all the ways to write a URL", () => {
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
