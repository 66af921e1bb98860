import fc from "fast-check";
import type { Method, OperationObject, Parameter } from "../../build/openapi/document.ts";

/** A request to an operation. */
export interface Generated {
  readonly method: string;
  readonly path: string;
  /** Decoded, in the order sent. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  /** `null`: no body. */
  readonly body: string | Uint8Array<ArrayBuffer> | null;
}

/** The sites that the guarded service of the test allows. */
export const SITES = ["example.com", "other.example"];
/** Its key. */
export const KEY = "property-test-key";

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";
const BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

const junk = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("", "0", "-1", "1e3", "null", "../..", "x".repeat(2_000)),
);
const token = fc.stringMatching(/^[\x21-\x7e]{1,60}$/);
/** Some come again, with the same page or another. */
const id = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_-]{8,128}$/), fc.constant("property-1"));
const day = fc
  .date({ min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const page = fc.oneof(
  fc.webPath().map((path) => path || "/"),
  fc.constantFrom(
    "/",
    "/a",
    "/%E4%BD%A0",
    "//a//b/",
    "/index.html",
    "https://example.com/a?b#c",
    "https://evil.example/",
    "/%2f",
    "/%",
    "/\u0000",
  ),
);
const site = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...SITES, "www.example.com") }, fc.domain(), fc.constant("not a host"));

/** Good values of fields whose schema says less than the domain, or cannot be turned into values, by their names. */
const MEANT: Readonly<Record<string, fc.Arbitrary<string>>> = {
  site,
  page,
  id,
  label: fc.string({ minLength: 1, maxLength: 64 }),
  from: day,
  to: day,
  color: fc.constantFrom("blue", "0f0", "#00ff00", "nocolor"),
  cursor: page.map((text) => Buffer.from(text).toString("base64url")),
};

/** Values that fit a schema as texts of a query. */
function fitting(name: string, schema: Readonly<Record<string, unknown>>): fc.Arbitrary<string> {
  const { enum: words, minimum = 0, maximum = 0 } = schema;
  if (Array.isArray(words)) return fc.constantFrom(...words.map(String));
  if (schema["type"] === "integer") return fc.integer({ min: Number(minimum), max: Math.min(Number(maximum), 2_000) }).map(String);
  return MEANT[name] ?? fc.string();
}

function queryOf(parameters: readonly Parameter[]): fc.Arbitrary<Generated["query"]> {
  const own = parameters.filter((parameter) => parameter.in === "query");
  const pairs = own.map(({ name, schema, required }) => {
    const value = fc.oneof({ weight: 8, arbitrary: fitting(name, schema) }, { weight: 1, arbitrary: junk });
    const most = schema["type"] === "array" ? 120 : 2;
    const few = fc.array(value, { minLength: required ? 1 : 0, maxLength: 1 });
    const all = fc.oneof({ weight: 9, arbitrary: few }, { weight: 1, arbitrary: fc.array(value, { maxLength: most, size: "max" }) });
    return all.map((values) => values.map((text) => [name, text] as const));
  });
  return fc.tuple(...pairs, fc.constant([["unknown", "1"] as const])).map((lists) => lists.flat());
}

const anyHeaders: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .record(
    {
      Origin: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom("https://example.com", "http://www.other.example:8080") },
        fc.constantFrom("https://evil.example", "null", "x"),
      ),
      Referer: fc.constantFrom("https://example.com/a", "https://evil.example/", "about:blank"),
      "User-Agent": fc.constantFrom(CHROME, BOT),
      "Sec-Purpose": fc.constant("prefetch"),
      "X-Request-Id": token,
      "X-API-Key": fc.oneof({ weight: 4, arbitrary: fc.constant(KEY) }, token),
      "Idempotency-Key": fc.oneof(
        { weight: 4, arbitrary: id },
        id.map((text) => `"${text}"`),
        token,
      ),
    },
    { requiredKeys: [] },
  )
  // Most requests of administration are meant to pass.
  .chain((headers) => fc.boolean().map((keyed) => (keyed ? { ...headers, "X-API-Key": KEY } : headers)));

const visitFields = {
  page: fc.oneof({ weight: 6, arbitrary: page }, fc.jsonValue()),
  site: fc.oneof({ weight: 6, arbitrary: site }, fc.jsonValue()),
  id: fc.oneof({ weight: 6, arbitrary: id }, fc.jsonValue()),
  visits: fc.oneof({ weight: 6, arbitrary: fc.nat({ max: 1_000 }) }, fc.constantFrom(-1, 0.5, 2 ** 53), fc.jsonValue()),
  visitors: fc.oneof({ weight: 6, arbitrary: fc.nat({ max: 50 }) }, fc.constantFrom(-1, 0.5, 2 ** 53), fc.jsonValue()),
  dropDays: fc.oneof({ weight: 9, arbitrary: fc.boolean() }, fc.jsonValue()),
};

/** An object with some of an operation's fields, some of them wrong, and now and then one that it does not know. */
function visitLike(operationId: string): fc.Arbitrary<object> {
  const { id, visits, visitors, dropDays, ...common } = visitFields;
  const record = (fields: Record<string, fc.Arbitrary<unknown>>, ...requiredKeys: string[]): fc.Arbitrary<object> =>
    fc.record<Record<string, unknown>>(fields, { requiredKeys });
  // Not every service takes visitors.
  const known: fc.Arbitrary<object> = operationId.startsWith("setVisits")
    ? fc.oneof(
        { weight: 3, arbitrary: record({ ...common, visits }, "page", "visits") },
        { weight: 1, arbitrary: record({ ...common, visits, visitors, dropDays }, "visits") },
      )
    : record({ ...common, id });
  const misspelt = known.map((value) => ({ ...value, path: "/x" }));
  return fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: misspelt });
}

const line = fc.record(
  {
    page: fc.oneof({ weight: 9, arbitrary: page }, fc.constant(null), fc.jsonValue()),
    visits: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 50, max: 1_000 }) }, fc.jsonValue()),
    days: fc.oneof({ weight: 9, arbitrary: fc.dictionary(day, fc.nat({ max: 5 }), { maxKeys: 8 }) }, fc.jsonValue()),
    visitors: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 40, max: 50 }) }, fc.jsonValue()),
    visitorDays: fc.oneof({ weight: 9, arbitrary: fc.dictionary(day, fc.nat({ max: 5 }), { maxKeys: 8 }) }, fc.jsonValue()),
  },
  { requiredKeys: ["page", "visits"] },
);

const rawBody = fc.oneof(
  fc.constantFrom("", "[]", "null", "{", "x".repeat(5_000)),
  junk,
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.from(bytes)),
);

function bodyOf({ operationId, requestBody }: OperationObject): fc.Arbitrary<Pick<Generated, "body" | "headers">> {
  if (!requestBody) return fc.constant({ body: null, headers: {} });
  const types = Object.keys(requestBody.content);
  const lines = fc
    .array(
      line.map((value) => JSON.stringify(value)),
      { maxLength: 4 },
    )
    .map((texts) => texts.join("\n"));
  const meant = types.includes("application/x-ndjson") ? lines : visitLike(operationId).map((value) => JSON.stringify(value));
  const type = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...types, `${types[0]}; charset=utf-8`) }, fc.constant("application/xml"));
  return fc.record({
    body: fc.oneof({ weight: 8, arbitrary: meant }, { weight: 1, arbitrary: rawBody }, { weight: 1, arbitrary: fc.constant(null) }),
    headers: type.map((name) => ({ "Content-Type": name })),
  });
}

/** Requests to an operation: most are good, each part of some is not. */
export function requestsOf(path: string, method: Method, operation: OperationObject): fc.Arbitrary<Generated> {
  const file = fc.oneof(token, fc.constantFrom("..", "index.html", "dashboard.js"));
  const place = path.includes("{") ? file.map((name) => path.replace(/\{\w+\}/, encodeURIComponent(name))) : fc.constant(path);
  const any = fc.tuple(place, queryOf(operation.parameters ?? []), anyHeaders, bodyOf(operation)).map(([own, query, headers, body]) => {
    return { method: method.toUpperCase(), path: own, query, headers: { ...headers, ...body.headers }, body: body.body };
  });
  // Of a visit so many parts may contradict each other that hardly one of any is good.
  return operation.operationId.startsWith("countVisit")
    ? fc.oneof({ weight: 4, arbitrary: any }, { weight: 1, arbitrary: goodVisit(path) })
    : any;
}

function goodVisit(path: string): fc.Arbitrary<Generated> {
  const body = fc.record({ page: fc.constantFrom("/", "/a", "/ab"), site: fc.constantFrom(...SITES) });
  return body.map((visit) => {
    return { method: "POST", path, query: [], headers: { "Content-Type": "application/json" }, body: JSON.stringify(visit) };
  });
}

/** The request's target as HTTP writes it. */
export function targetOf({ method, path, query }: Generated): string {
  const pairs = query.map(([name, text]) => `${name}=${encodeURIComponent(text.toWellFormed())}`);
  return `${method} ${path}?${pairs.join("&")}`;
}
