/** Every kind of refusal, `urn:footfall:<code>`, and its status. `reference.ts` says what each means. */
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
  internal: 500,
  overloaded: 503,
  unavailable: 503,
} as const;

/** The last part of a problem's `type`. */
export type ProblemCode = keyof typeof PROBLEMS;

/** A refusal on its way to the client; `detail` is for the client's eyes. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.code = code;
    this.headers = headers;
  }

  get status(): number {
    return PROBLEMS[this.code];
  }

  /** The body, as RFC 9457 has it: the title is the code in words. */
  toJSON(): { type: string; title: string; status: number; detail: string } {
    const { code, status, message } = this;
    const title = code.replaceAll("-", " ").replace(/^./, (letter) => letter.toUpperCase());
    return { type: `urn:footfall:${code}`, title, status, detail: message };
  }
}
