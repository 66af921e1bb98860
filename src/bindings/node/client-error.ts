import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { Problem, type ProblemCode } from "../../api/problem.ts";

type Refusal = readonly [status: number, code: ProblemCode, detail: string];

/** What Node refuses by itself, by its error's code. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: [431, "too-large", "The request's line and headers are too large; allowed are at most 32768 bytes together."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "invalid-input", "The request came too slowly; allowed are 10 s for its headers and 60 s for all of it."],
};
const UNREADABLE: Refusal = [400, "invalid-input", "The request is malformed; allowed is HTTP/1.1."];

/** The answer that Node is writing on a connection. */
interface Answering {
  readonly _httpMessage?: { readonly headersSent: boolean } | null;
}

/** Refuses what Node cannot read, as the service refuses the rest: for every script to read, and with an id. The connection ends. */
export function refuseClient({ code }: NodeJS.ErrnoException, socket: Duplex & Answering, requestId: string): void {
  const [status, problem, detail] = REFUSALS[code ?? ""] ?? UNREADABLE;
  const body = JSON.stringify({ ...new Problem(problem, detail).toJSON(), status });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    "Access-Control-Allow-Origin: *",
    "Access-Control-Expose-Headers: Retry-After, X-Request-Id",
    `X-Request-Id: ${requestId}`,
    "Connection: close",
  ];
  // Behind the beginning of another answer it would be a part of that.
  if (socket.writable && !socket._httpMessage?.headersSent) socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.destroy();
}
