import { describe, expect, test } from "vitest";
import { ADMIN, startService } from "../api/service.ts";

/** Far above what the machine's noise adds, and far below the square. */
const MOST_GROWTH = 3.2;
/** Below this nothing is measured but noise; a request at its bound must take no more. */
const MOST_MS = 2;
/** A busy machine, and code that is not compiled yet. */
const PATIENCE = 8;
const ROUNDS = 30;

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
const header = (name: string, text: (bytes: number) => string) => ({
  name: `the header ${name}`,
  bytes: HEADER_BYTES,
  of: (bytes: number): [string, Sent] => ["POST /v1/visits", { headers: { [name]: text(bytes) } }],
});
const url = (name: string, target: (bytes: number) => string) => ({
  name,
  bytes: URL_BYTES,
  of: (bytes: number): [string, Sent] => [target(bytes), {}],
});
const body = (name: string, text: (bytes: number) => string) => ({
  name,
  bytes: BODY_BYTES,
  of: (bytes: number): [string, Sent] => ["POST /v1/visits", { body: text(bytes) }],
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
  url("a search", (bytes) => `GET /v1/pages?search=${fill("%CC%81", bytes)}`),
  url("a day", (bytes) => `GET /v1/series?from=${fill("2026-", bytes)}`),
  header("Origin", (bytes) => `https://${fill("a.", bytes)}`),
  header("Referer", (bytes) => `https://example.com/${fill("/a", bytes)}`),
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

/** The least CPU that one request took, in milliseconds: whatever else the machine does only adds to it. */
async function cpuOf(send: ReturnType<typeof startService>["send"], [target, sent]: [string, Sent], rounds: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const { user, system } = process.cpuUsage();
    await send(target, sent);
    const used = process.cpuUsage({ user, system });
    least = Math.min(least, (used.user + used.system) / 1_000);
  }
  return least;
}

describe("a request takes no more than linear time in its length", () => {
  test.each(INPUTS)("$name", async ({ bytes, of }) => {
    const { send } = startService({ CLIENT_IP_HEADER: "X-Client", PAGES: "/*a*b*c*,/*", VISITS_PER_MINUTE: "1000000000" });
    const whole = await cpuOf(send, of(bytes), ROUNDS);
    expect(whole).toBeLessThan(MOST_MS * PATIENCE);
    if (whole < MOST_MS) return;
    expect(whole / (await cpuOf(send, of(bytes / 2), ROUNDS))).toBeLessThan(MOST_GROWTH);
  });

  test("what is over its bound is refused by its length alone", async () => {
    const { send } = startService();
    const long = `GET /${fill("a", 10 * URL_BYTES)}//`;
    expect((await send(long)).status).toBe(414);
    expect(await cpuOf(send, [long, {}], ROUNDS)).toBeLessThan(MOST_MS * PATIENCE);
  });

  test.each([
    ["lines", (bytes: number) => fill('{"page":"/a","visits":1}\n', bytes).slice(0, bytes - (bytes % 25))],
    ["empty lines", (bytes: number) => fill("\n", bytes)],
    ["spaces", (bytes: number) => fill(" ", bytes)],
    [
      "one line of days",
      (bytes: number) =>
        `{"page":"/a","visits":1,"days":{${Array.from({ length: bytes / 16 }, (_, index) => `"2026-01-${index}":1`).join(",")}}}`,
    ],
  ])("an import of %s", async (_, text) => {
    const { send } = startService();
    const of = (bytes: number): [string, Sent] => [
      "POST /v1/import",
      { headers: { ...ADMIN, "Idempotency-Key": "import-key-1" }, body: text(bytes) },
    ];
    const [whole, half] = [await cpuOf(send, of(IMPORT_BYTES), 5), await cpuOf(send, of(IMPORT_BYTES / 2), 5)];
    // Twice where it is linear, four times where it is the square; small ones are noise.
    expect(whole / Math.max(half, 20)).toBeLessThan(MOST_GROWTH);
  });
});
