/** Every kind of refusal, `urn:footfall:<code>`, and its status. */
export const PROBLEMS = {
  "invalid-input": 400,
  unauthorized: 401,
  "administration-off": 403,
  "site-not-allowed": 403,
  "site-mismatch": 403,
  "page-not-allowed": 403,
  "not-found": 404,
  "method-not-allowed": 405,
  "too-large": 413,
  "uri-too-long": 414,
  "unsupported-media-type": 415,
  "id-reused": 422,
  "too-many-requests": 429,
  "too-many-new-pages": 429,
  "too-many-new-sites": 429,
  "too-many-lookups": 429,
  internal: 500,
  overloaded: 503,
  unavailable: 503,
} as const;

/** The last part of a problem's `type`. */
export type ProblemCode = keyof typeof PROBLEMS;

/** A refusal on its way to the client, as RFC 9457 has it. `message` becomes its `detail`. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  /** @param headers of the answer, beside those of every answer */
  constructor(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.code = code;
    this.headers = headers;
  }

  get status(): (typeof PROBLEMS)[ProblemCode] {
    return PROBLEMS[this.code];
  }

  toJSON(): { type: string; title: string; status: number; detail: string } {
    const { code, status, message } = this;
    const title = code.replaceAll("-", " ").replace(/^./, (letter) => letter.toUpperCase());
    return { type: `urn:footfall:${code}`, title, status, detail: message };
  }
}

/** The media type of a problem. */
export const PROBLEM_TYPE = "application/problem+json";

/** Answers outside the app, where no middleware runs: a request that cannot be read, or a service that is not set up. */
export function problemResponse(problem: Problem, requestId: string, status: number = problem.status): Response {
  const headers = {
    "Content-Type": PROBLEM_TYPE,
    "Cache-Control": "no-store",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": EXPOSED_HEADERS,
    "X-Content-Type-Options": "nosniff",
    "X-Request-Id": requestId,
  };
  return new Response(JSON.stringify({ ...problem.toJSON(), status }), { status, headers });
}

/** What a script of another origin may read of an answer's headers. */
export const EXPOSED_HEADERS = "Retry-After, X-Request-Id";
