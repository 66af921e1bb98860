import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { answerBare } from "../../api/bare.ts";
import { EXPOSED } from "../../api/exchange.ts";
import { Problem, type ProblemCode } from "../../api/problem.ts";
import { LIMITS } from "./limits.ts";

type Refusal = readonly [status: number, code: ProblemCode, detail: string];

/** What Node refuses by itself, by its error's code. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    "too-large",
    `The request's line and headers are too large; allowed are at most ${LIMITS.maxHeaderSize} bytes together.`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    408,
    "invalid-input",
    `The request came too slowly; allowed are ${LIMITS.headersTimeout / 1_000} s for its headers and ${LIMITS.requestTimeout / 1_000} s for all of it.`,
  ],
};
const UNREADABLE: Refusal = [400, "invalid-input", "The request is malformed; allowed is HTTP/1.1."];

/** The answer that Node is writing on a connection. */
interface Answering {
  readonly _httpMessage?: { readonly headersSent: boolean } | null;
}

/** Refuses what Node cannot read, as the service refuses the rest: for every script to read, and with an id. The connection ends. */
export function refuseClient({ code }: NodeJS.ErrnoException, socket: Duplex & Answering, requestId: string): void {
  const [status, kind, detail] = REFUSALS[code ?? ""] ?? UNREADABLE;
  const problem = new Problem(kind, detail);
  const body = JSON.stringify({ ...problem.toJSON(), status });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Array.from(answerBare(problem, requestId).headers, ([name, value]) => `${name}: ${value}`),
    `Access-Control-Expose-Headers: ${EXPOSED}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  // Behind the beginning of another answer it would be a part of that.
  if (socket.writable && !socket._httpMessage?.headersSent) socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.destroy();
}
