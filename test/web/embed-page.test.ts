import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { normalizePage } from "../../src/domain/page.ts";
import { cpuMs } from "../support/cpu.ts";

vi.stubGlobal("window", globalThis);
const { pageKey } = await import("../../src/web/embed/page.ts");

const SITE = "example.com";

/** Paths as browsers write them, with all that makes spellings of one page. */
const path = fc
  .array(
    fc.oneof(
      fc.constantFrom("/", "//", "a", "b", "%61", "%2F", "%2f", "%252F", "%25", "%2561", "index.html", "index.htm", "/index.html/", "ü"),
      fc.constantFrom("%C3%BC", "%c3%bc", "%3F", "%3f", "|", "%7C", "@", "%40", "~", "%7E", "é", "%20", " ", "..", ".", "+", "%2B"),
      fc.string({ unit: "binary", maxLength: 3 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => new URL(`http://${SITE}/${parts.join("").replace(/^[/\\]+/, "")}`).pathname);

/** The service's name of a page, or `null` where it counts none such. */
function nameOf(address: string): string | null {
  try {
    decodeURIComponent(address);
    return normalizePage(address, SITE);
  } catch {
    return null;
  }
}

test.each([
  ["/blog", "/blog/", "//blog", "/%62log", "/blog/index.html", "/blog/index.htm", "/blog?x=1", "/blog/#y", "/blog/index.html/"],
  ["/", "", "//", "/index.html", "/index.html?x"],
  ["/%e4%bd%a0", "/%E4%BD%A0/", "/你"],
  ["/@you", "/%40you"],
])("%s is one page, however it is spelled", (...spellings) => {
  expect(new Set(spellings.map(pageKey)).size).toBe(1);
});

test.each([
  ["/blog", "/Blog"],
  ["/a%2Fb", "/a/b"],
  ["/a%2Fb", "/a%252Fb"],
  ["/index", "/"],
  ["/blog/index.html.bak", "/blog"],
])("%s and %s are two pages", (one, other) => {
  expect(pageKey(one)).not.toBe(pageKey(other));
});

test("two addresses are one page to the script where they are to the service", () => {
  fc.assert(
    fc.property(path, path, (one, other) => {
      const [name, another] = [nameOf(one), nameOf(other)];
      fc.pre(name !== null && another !== null);
      expect(pageKey(one) === pageKey(other)).toBe(name === another);
      expect(pageKey(name ?? "")).toBe(pageKey(one));
    }),
    { numRuns: 5_000 },
  );
});

test("no address that a server takes keeps the page busy", async () => {
  for (const part of ["/", "/index.html", "%2F", "%41", "%", "//index.htm"]) {
    const address = `/${part.repeat(16_384 / part.length)}x`;
    const times: number[] = [];
    for (let run = 0; run < 5; run += 1) times.push(await cpuMs(() => pageKey(address)));
    // The fastest: a machine that others slow down says nothing of the script.
    expect(Math.min(...times), part).toBeLessThan(100);
  }
});
