import { describe, expect, test } from "vitest";
import { ADMIN, startService } from "../api/service.ts";
import { cpuMs } from "../support/cpu.ts";

/** Far above what the machine's noise adds, and far below the square. */
const MOST_GROWTH = 3.2;
/** Below this nothing is measured but noise; a request at its bound must take no more. */
const MOST_MS = 2;
/** A busy machine, and code that is not compiled yet. */
const PATIENCE = 8;
const ROUNDS = 30;
const FEWEST_IMPORTS = 3;

/** The bounds: of a URL, of the headers together, of a visit's body, of an import. */
const URL_BYTES = 16_000;
const HEADER_BYTES = 30_000;
const BODY_BYTES = 4_000;
const IMPORT_BYTES = 4_000_000;

interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const fill = (unit: string, bytes: number) => unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes);
/** Different letters beyond ASCII, percent-encoded: each is new to whoever writes hosts in punycode. */
const letters = (bytes: number) =>
  encodeURIComponent(String.fromCodePoint(...Array.from({ length: bytes / 9 }, (_, index) => 0x4e00 + index)));
const header = (name: string, text: (bytes: number) => string, target = "POST /v1/visits") => ({
  name: `the header ${name}: ${text(30)}… of ${target}`,
  bytes: HEADER_BYTES,
  of: (bytes: number): [string, Sent] => [target, { headers: { [name]: text(bytes) } }],
});
const url = (name: string, target: (bytes: number) => string) => ({
  name,
  bytes: URL_BYTES,
  of: (bytes: number): [string, Sent] => [target(bytes), {}],
});
const body = (name: string, text: (bytes: number) => string, target = "POST /v1/visits", most = BODY_BYTES) => ({
  name,
  bytes: most,
  of: (bytes: number): [string, Sent] => [target, { body: text(bytes), headers: { Origin: "https://example.com" } }],
});

/** Texts of strangers, each made to be slow to match or to parse. */
const INPUTS = [
  url("a path with slashes behind", (bytes) => `GET /${fill("a", bytes)}//`),
  url("a path of slashes", (bytes) => `GET ${fill("/", bytes)}`),
  url("a path of an asset", (bytes) => `GET /assets/${fill("a.", bytes)}`),
  url("an unknown path, by a method that is none", (bytes) => `PATCH /v1/${fill("visits/", bytes)}`),
  url("a query of pages", (bytes) => `GET /v1/visits?${fill("page=/a&", bytes)}`),
  url("a query of escapes", (bytes) => `GET /v1/visits?page=${fill("%25", bytes)}`),
  url("a page of index files", (bytes) => `GET /v1/visits?page=${fill("/index.html", bytes)}x`),
  url("a page of slashes", (bytes) => `GET /v1/visits?page=${fill("/", bytes)}x`),
  url("a page of dots", (bytes) => `GET /v1/visits?page=${fill("/..", bytes)}`),
  url("a page of plain segments", (bytes) => `GET /v1/visits?page=${fill("/a", bytes)}!`),
  url("a page like a scheme", (bytes) => `GET /v1/visits?page=${fill("a+", bytes)}`),
  url("a site of dots", (bytes) => `GET /v1/visits?site=${fill("a.", bytes)}`),
  url("a site of www", (bytes) => `GET /v1/visits?site=${fill("www.", bytes)}`),
  url("a site of letters beyond ASCII", (bytes) => `GET /v1/visits?site=${fill("%C3%A4", bytes)}`),
  url("a label", (bytes) => `GET /v1/badge?label=${fill("a", bytes)}`),
  url("a color", (bytes) => `GET /v1/badge?color=${fill("a", bytes)}`),
  url("a cursor", (bytes) => `GET /v1/pages?cursor=${fill("L2E", bytes)}`),
  url("a limit", (bytes) => `GET /v1/pages?limit=${fill("9", bytes)}`),
  url("a search of marks", (bytes) => `GET /v1/pages?search=${fill("%CC%81", bytes)}`),
  url(
    "a search of marks in an order of their own",
    (bytes) => `GET /v1/pages?search=${fill("%CC%81", bytes / 2)}${fill("%CC%A3", bytes / 2)}`,
  ),
  url("a site of different letters", (bytes) => `GET /v1/visits?site=${letters(bytes)}`),
  url("a page of a host of different letters", (bytes) => `GET /v1/visits?page=http://${letters(bytes)}`),
  url("a day", (bytes) => `GET /v1/series?from=${fill("2026-", bytes)}`),
  header("Origin", (bytes) => `https://${fill("a.", bytes)}`),
  header("Origin", (bytes) => `https://${letters(bytes)}`),
  header("Referer", (bytes) => `https://example.com/${fill("/a", bytes)}`),
  header("Referer", (bytes) => `https://${letters(bytes)}`, "GET /v1/pixel"),
  header("User-Agent", (bytes) => fill("Mozilla/5.0 (Linux; ", bytes)),
  header("User-agent", (bytes) => `Mozilla/5.0 ${fill("[FBAN/", bytes)}`),
  header("Content-Type", (bytes) => fill("application/json ;", bytes)),
  header("Idempotency-Key", (bytes) => fill('"', bytes)),
  header("X-Request-Id", (bytes) => fill("a", bytes)),
  header("traceparent", (bytes) => fill("00-", bytes)),
  header("X-Cloud-Trace-Context", (bytes) => fill("a/", bytes)),
  header("X-Client", (bytes) => fill("1.2.3.4, ", bytes)),
  header("x-client", (bytes) => fill("::1", bytes)),
  header("Sec-Purpose", (bytes) => fill("prefetc", bytes)),
  header("X-API-Key", (bytes) => fill("x", bytes)),
  body("a body of brackets", (bytes) => fill("[", bytes)),
  body("a body of objects", (bytes) => `${fill('{"a":', bytes)}1${fill("}", bytes / 5)}`),
  body("a body of fields", (bytes) => `{${Array.from({ length: bytes / 8 }, (_, index) => `"a${index}":1`).join(",")}}`),
  body("a body with a long number", (bytes) => `{"page":${fill("9", bytes)}}`),
  body("a body with a long page", (bytes) => JSON.stringify({ page: fill("/%", bytes) })),
  body("a body with a long id", (bytes) => JSON.stringify({ id: fill("a", bytes) })),
];

const page = (bytes: number) => fill("/index.html", bytes);
const address = (bytes: number) => `https://example.com${page(bytes)}x`;

/** The same for what `TAKEOVER` answers, each protocol's own form. */
const FOREIGN_INPUTS = [
  url("busuanzi's callback", (bytes) => `GET /busuanzi?jsonpCallback=${fill("a.", bytes)}`),
  header("Referer", (bytes) => `https://${letters(bytes)}`, "GET /busuanzi?jsonpCallback=a"),
  header("Referer", address, "GET /busuanzi?jsonpCallback=a"),
  url("Vercount's page", (bytes) => `GET /log?url=${address(bytes)}`),
  body("Vercount's body", (bytes) => JSON.stringify({ url: address(bytes) }), "POST /api/v2/log"),
  header("x-bsz-referer", address, "POST /api"),
  header("x-bsz-referer", (bytes) => `https://${letters(bytes)}`, "GET /api"),
  url("soxft's callback", (bytes) => `GET /jsonp?callback=${fill("a$", bytes)}`),
  url("LeanCloud's query", (bytes) => `GET /1.1/classes/Counter?where={"url":{"$in":[${fill('"/a",', bytes - (bytes % 5))}"/"]}}`),
  url("LeanCloud's id", (bytes) => `PUT /1.1/classes/Counter/${fill("L2Ev", bytes)}`),
  body("LeanCloud's page", (bytes) => JSON.stringify({ url: page(bytes), time: 1 }), "POST /1.1/classes/Counter"),
  body(
    "LeanCloud's batch",
    (bytes) => {
      const where = { url: { $in: Array.from({ length: bytes / 60 }, (_, index) => `/${index}`) } };
      return JSON.stringify({ requests: Array(10).fill({ method: "GET", path: "/1.1/classes/Counter", params: { where } }) });
    },
    "POST /1.1/batch",
    16_000,
  ),
  url("OpenKounter's target", (bytes) => `GET /api/counter?target=${page(bytes)}x`),
  body(
    "OpenKounter's targets",
    (bytes) =>
      JSON.stringify({ action: "batch_inc", requests: Array.from({ length: bytes / 24 }, (_, index) => ({ target: `/${index}` })) }),
    "POST /api/counter",
  ),
  url("GoatCounter's page", (bytes) => `GET /count?p=${page(bytes)}x`),
  url("GoatCounter's file", (bytes) => `GET /counter/${fill("a.svg/", bytes)}a.svg`),
  url("komarev's label", (bytes) => `GET /ghpvc?username=octocat&label=${fill("%00a", bytes)}`),
  url("komarev's start value", (bytes) => `GET /ghpvc?username=octocat&base=${fill("9", bytes)}`),
  url("visitor-badge's key", (bytes) => `GET /badge?page_id=${page(bytes)}x`),
  url("seeyoufarm's address", (bytes) => `GET /api/count/incr/badge.svg?url=${letters(bytes)}`),
  url("hits.sh's address", (bytes) => `GET /${fill("example.com.svg/", bytes)}.svg`),
  body("Umami's page", (bytes) => JSON.stringify({ type: "event", payload: { url: page(bytes) } }), "POST /api/send"),
  url("Umami's statistics", (bytes) => `GET /api/websites/x/stats?url=${page(bytes)}x`),
  url("Plausible's script", (bytes) => `GET /js/script.${fill("a.-", bytes)}`),
  body("Plausible's page", (bytes) => JSON.stringify({ n: "pageview", u: address(bytes) }), "POST /api/event"),
  url("Counterscale's page", (bytes) => `GET /collect?p=${page(bytes)}x&h=https://example.com`),
  url("Abacus's key", (bytes) => `GET /hit/ns/${fill("a.", bytes)}`),
  header("Referer", address, "GET /hit/:HOST:/:PATHNAME:"),
  url("Moe-Counter's name", (bytes) => `GET /@${fill("a", bytes)}`),
];

type Act = () => Promise<unknown>;

/** The least CPU that it took, in milliseconds: whatever else the machine does only adds to it. */
async function leastCpu(act: Act): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) least = Math.min(least, await cpuMs(act));
  return least;
}

/**
 * Expects that what is twice as long takes about twice the CPU; four times is the square. Both are tried in turn, until that is so: a
 * machine that is busy for a second is busy for both.
 *
 * @param options.leastMs what takes less is noise
 */
async function expectLinear(whole: Act, half: Act, { fewest, leastMs }: { fewest: number; leastMs: number }): Promise<void> {
  let [wholeMs, halfMs, growth] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS && (round < fewest || growth >= MOST_GROWTH); round += 1) {
    wholeMs = Math.min(wholeMs, await cpuMs(whole));
    halfMs = Math.min(halfMs, await cpuMs(half));
    growth = wholeMs / Math.max(halfMs, leastMs);
  }
  expect(growth).toBeLessThan(MOST_GROWTH);
}

describe("a request takes no more than linear time in its length", () => {
  test.each(INPUTS)("$name", (input) => expectBounded(input, {}));

  test("what is over its bound is refused by its length alone", async () => {
    const { send } = startService();
    const long = `GET /${fill("a", 10 * URL_BYTES)}//`;
    expect((await send(long)).status).toBe(414);
    expect(await leastCpu(() => send(long))).toBeLessThan(MOST_MS * PATIENCE);
  });

  test.each([
    ["lines", 413, (bytes: number) => fill('{"page":"/a","visits":1}\n', bytes).slice(0, bytes - (bytes % 25))],
    ["empty lines", 413, (bytes: number) => fill("\n", bytes)],
    ["spaces", 200, (bytes: number) => fill(" ", bytes)],
    ["one line of days", 400, (bytes: number) => `${importLine("/a", bytes / 15)}\n`],
    [
      "as many lines as may be, with days",
      200,
      (bytes: number) => Array.from({ length: bytes / 800 }, (_, index) => `${importLine(`/${index}`, 12)}\n`).join(""),
    ],
  ])("an import of %s", async (_, status, text) => {
    const { send } = startService();
    let imports = 0;
    const importOf = (body: string) => () => {
      imports += 1;
      return send("POST /v1/import", { headers: { ...ADMIN, "Idempotency-Key": `import-key-${imports}` }, body });
    };
    const [whole, half] = [importOf(text(IMPORT_BYTES)), importOf(text(IMPORT_BYTES / 2))];
    expect((await whole()).status).toBe(status);
    await expectLinear(whole, half, { fewest: FEWEST_IMPORTS, leastMs: 20 });
  });
});

describe("so does a request that TAKEOVER answers", () => {
  test.each(FOREIGN_INPUTS)("$name", async (input) => {
    const { send } = startService({ TAKEOVER: "all" });
    // Its route is there.
    expect((await send(...input.of(90))).status).not.toBe(404);
    await expectBounded(input, { TAKEOVER: "all" });
  });
});

async function expectBounded({ bytes, of }: (typeof INPUTS)[number], settings: Record<string, string>): Promise<void> {
  const { send } = startService({ CLIENT_IP_HEADER: "X-Client", PAGES: "/*a*b*c*,/*", VISITS_PER_MINUTE: "1000000000", ...settings });
  const [whole, half] = [of(bytes), of(bytes / 2)].map((request) => () => send(...request)) as [Act, Act];
  const wholeMs = await leastCpu(whole);
  expect(wholeMs).toBeLessThan(MOST_MS * PATIENCE);
  if (wholeMs >= MOST_MS) await expectLinear(whole, half, { fewest: ROUNDS, leastMs: 0 });
}

/** A line of an import: a visit on each of so many days, from the year 1000 on. */
function importLine(page: string, days: number): string {
  const first = Date.UTC(1000, 0, 1);
  const names = Array.from({ length: days }, (_, index) => new Date(first + index * 86_400_000).toISOString().slice(0, 10));
  return JSON.stringify({ page, visits: names.length, days: Object.fromEntries(names.map((name) => [name, 1])) });
}
