/** Every kind of refusal: `urn:footfall:<code>`, its status and its title. */
export const PROBLEMS = {
  "invalid-input": [400, "The request does not fit the contract"],
  unauthorized: [401, "The API key is missing or wrong"],
  "administration-off": [403, "Administration is off"],
  "site-not-allowed": [403, "This site may not use the service"],
  "site-mismatch": [403, "The request names another site than its origin"],
  "page-not-allowed": [403, "This page may not be counted"],
  "not-found": [404, "There is nothing at this path"],
  "method-not-allowed": [405, "This path does not know the method"],
  "too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The body is of an unknown type"],
  "id-reused": [422, "The id was used for something else"],
  "too-many-requests": [429, "This address sends too many visits"],
  internal: [500, "The service failed"],
  unavailable: [503, "The store is not available"],
} as const;

/** The last part of a problem's `type`. */
export type ProblemCode = keyof typeof PROBLEMS;

/** A refusal on its way to the client; `detail` is for the client's eyes. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.code = code;
    this.headers = headers;
  }

  get status(): number {
    return PROBLEMS[this.code][0];
  }

  /** The body, as RFC 9457 has it. */
  toJSON(): { type: string; title: string; status: number; detail: string } {
    const [status, title] = PROBLEMS[this.code];
    return { type: `urn:footfall:${this.code}`, title, status, detail: this.message };
  }
}
