import fc from "fast-check";
import { operationsOf } from "../../build/openapi/document.ts";
import { describeAll } from "../../build/openapi/write.ts";
import { BODIES, NASTY, SHOTS } from "./attacks.ts";
import type { Shot } from "./wire.ts";

/** Sites that visits are sent for: few, so that their totals are quickly read. */
const SITES = ["example.com", "other.example"];

const { paths: DESCRIBED } = describeAll().contract;
const PATHS = [...Object.keys(DESCRIBED).map((path) => path.replace("{file}", "dashboard.js"))];
const FIELDS = [...new Set(operationsOf(DESCRIBED).flatMap(({ operation }) => (operation.parameters ?? []).map(({ name }) => name)))];
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "QUERY"];
const HEADERS = [
  ...["Origin", "Referer", "User-Agent", "Content-Type", "Idempotency-Key", "X-API-Key", "X-Request-Id", "Sec-Purpose", "Sec-Fetch-Site"],
  ...["Accept", "Accept-Encoding", "Range", "If-None-Match", "If-Modified-Since", "Cookie", "Authorization", "X-Cloud-Trace-Context"],
  ...["traceparent", "X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-HTTP-Method-Override", "Access-Control-Request-Method", "Via"],
];
const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
const GOOD = [
  ...SITES,
  "/",
  "/a",
  "/b/c",
  "an-id-that-comes-again",
  "https://example.com",
  "https://example.com/a",
  "application/json",
  CHROME,
];

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...GOOD) },
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.stringMatching(/^[A-Za-z0-9_-]{8,20}$/),
);

/** What HTTP takes in a header: Latin-1 without control characters. */
const headerText = text.map((value) => value.replace(/[^\t\x20-\x7e\xa0-\xff]/g, "~").trim());
/** What HTTP takes in a target: no spaces, no control characters; percent signs stay as they are. */
const targetText = fc.oneof(
  text.map((value) => (value.isWellFormed() ? encodeURIComponent(value) : "%ed%a0%80")),
  text.map(visible),
);

function visible(value: string): string {
  return value.replace(/[^\x21-\x7e]/g, "+");
}

const path = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...PATHS) },
  fc
    .tuple(fc.constantFrom(...PATHS), fc.constantFrom("/", "//", "/..", "%2f", ";a=b", "%00", ".json", "/%2e%2e/import"))
    .map((parts) => parts.join("")),
  targetText.map((value) => `/${value}`),
);
const query = fc
  .array(fc.tuple(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...FIELDS) }, targetText), targetText), { maxLength: 5 })
  .map((pairs) => (pairs.length === 0 ? "" : `?${pairs.map((pair) => pair.join("=")).join("&")}`));
const headers = fc.array(fc.tuple(fc.constantFrom(...HEADERS), headerText), { maxLength: 6 });

const visit = fc.record(
  { page: fc.oneof(text, fc.jsonValue()), site: fc.oneof(fc.constantFrom(...SITES), text), id: text },
  { requiredKeys: [] },
);
const body: fc.Arbitrary<Shot["body"]> = fc.oneof(
  { weight: 5, arbitrary: visit.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.constantFrom(...BODIES) },
  fc.json({ maxDepth: 6 }),
  fc.uint8Array({ maxLength: 100 }),
);

/** Any request that HTTP allows: to every route and beside them, with every header that is read and others, good and bad mixed. */
export const anyShot: fc.Arbitrary<Shot> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .constantFrom(...METHODS)
      .chain((method) => fc.tuple(fc.constant(method), path, query, headers, fc.option(body, { freq: 3 })))
      .map(toShot),
  },
  { weight: 1, arbitrary: fc.constantFrom(...SHOTS) },
  // What counts, among so much that does not.
  { weight: 1, arbitrary: fc.constantFrom(...SITES).map((site) => toShot(["POST", "/v1/visits", "", [], JSON.stringify({ site })])) },
);

/** Whether a request is one that a server in front of a worker would pass on: to a path and a host, with a method that it knows. */
export function isOrdinary({ method, target, headers: sent }: Shot): boolean {
  return target.startsWith("/") && METHODS.includes(method) && !sent.some(([name]) => name === "Host");
}

function toShot([method, place, asked, sent, content]: [string, string, string, [string, string][], Shot["body"]]): Shot {
  // A body on these is allowed, and Node's parser takes it for one.
  return { method, target: `${place}${asked}`, headers: sent, body: content };
}

/** Bytes that begin like a request and need not be one: cut, doubled, or with bytes put in. */
export const anyBytes: fc.Arbitrary<(whole: Buffer) => Buffer> = fc
  .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.uint8Array({ maxLength: 8 }), fc.constantFrom("cut", "put", "over", "double"))
  .map(([share, bytes, how]) => (whole) => {
    const at = Math.floor(share * whole.length);
    const [before, after] = [whole.subarray(0, at), whole.subarray(at)];
    if (how === "cut") return before;
    if (how === "double") return Buffer.concat([before, before, after]);
    return Buffer.concat([before, bytes, how === "put" ? after : after.subarray(bytes.length)]);
  });
