/** A line of a service's log. */
export interface Line {
  readonly severity: string;
  readonly message: string;
  readonly httpRequest?: { readonly requestMethod: string; readonly requestUrl: string; readonly status: number; readonly latency: string };
  readonly [field: string]: unknown;
}

/** From here on a request is told as slow, which is no failure. */
const SLOW_S = 1;

/** What a service has printed: nothing but lines of JSON. */
export function linesOf(output: string): Line[] {
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** The lines that tell an operator of a failure. */
export function failuresIn(output: string): Line[] {
  return linesOf(output).filter(({ severity, httpRequest }) => {
    const slow = httpRequest !== undefined && httpRequest.status < 500 && Number.parseFloat(httpRequest.latency) >= SLOW_S;
    return severity !== "INFO" && !slow;
  });
}
