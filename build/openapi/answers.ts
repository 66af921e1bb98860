import { PROBLEMS, type ProblemCode } from "../../src/http/problem.ts";
import { type JsonSchema, MEANINGS } from "../../src/routes/docs.ts";
import type { Answer, Header, Ref } from "./document.ts";

/** What several operations have in common; each adds what it is the first to need. */
export interface Shared {
  readonly schemas: Record<string, JsonSchema>;
  readonly responses: Record<string, Answer>;
}

/** Headers of answers. Those that are required are on every answer of the API. */
export const HEADERS = {
  "X-Request-Id": header("A valid one of the request, or its trace's id, or a new one.", true, { pattern: "^[A-Za-z0-9._-]{1,128}$" }),
  "Access-Control-Allow-Origin": header("The allowed origin, or * for everyone.", false, {}),
  "Access-Control-Expose-Headers": header("What a script may read.", true, {
    enum: ["Retry-After, X-Request-Id", "Retry-After, X-Request-Id, Link"],
  }),
  Vary: header("Answers differ by origin.", true, { pattern: "\\bOrigin\\b" }),
  "Cache-Control": header("How long the answer may be kept.", true, {}),
  "X-Content-Type-Options": header("The answer is of no other type than it says.", true, { const: "nosniff" }),
  "Strict-Transport-Security": header("Browsers come over HTTPS alone.", true, { const: "max-age=31536000" }),
  "Content-Security-Policy": header("Nothing but the dashboard is a document.", true, {}),
  "Retry-After": header("After how many seconds to send the same request again.", true, { pattern: "^[1-9][0-9]*$" }),
  Link: header("The next part, while there is one.", false, { pattern: '^<\\?[^>]+>; rel="next"$' }),
  "WWW-Authenticate": header("How to send the key.", true, {}),
} satisfies Record<string, Header>;

type HeaderName = keyof typeof HEADERS;
const EVERYWHERE: readonly HeaderName[] = [
  "X-Request-Id",
  "Access-Control-Allow-Origin",
  "Access-Control-Expose-Headers",
  "Vary",
  "Cache-Control",
  "X-Content-Type-Options",
  "Strict-Transport-Security",
  "Content-Security-Policy",
];
const OF_STATUS: Readonly<Record<number, HeaderName>> = { 401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After" };

/** An answer for every status of the problems. */
export function refusals(codes: readonly ProblemCode[], { responses }: Shared): Record<string, Ref> {
  const byStatus = Object.groupBy(codes, (code) => PROBLEMS[code]);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, own = []]) => {
      const name = own.join(".");
      responses[name] ??= refusal(own);
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

/** The refusals of one status. */
function refusal(codes: readonly ProblemCode[]): Answer {
  const [status] = codes.map((code) => PROBLEMS[code]);
  const schema: JsonSchema = {
    allOf: [{ $ref: "#/components/schemas/Problem" }],
    properties: { type: { enum: codes.map((code) => `urn:footfall:${code}`) }, status: { const: status } },
  };
  return {
    description: codes.map((code) => `${MEANINGS[code]}.`).join(" "),
    headers: headersOf(status),
    content: { "application/problem+json": { schema } },
  };
}

/** The headers that an answer of a status bears, and others of its own. */
export function headersOf(status = 0, others: readonly HeaderName[] = []): Record<string, Ref> {
  const own = OF_STATUS[status];
  return Object.fromEntries(
    [...EVERYWHERE, ...(own ? [own] : []), ...others].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}

function header(description: string, required: boolean, schema: JsonSchema): Header {
  return { description, required, schema: { type: "string", ...schema } };
}
