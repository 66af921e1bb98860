import { type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { Problem, type ProblemCode, problemResponse } from "../../http/problem.ts";
import type { Answers } from "./answers.ts";
import { LIMITS } from "./limits.ts";

type Refusal = readonly [status: number, code: ProblemCode, detail: string];

/** What Node refuses by itself, by its error's code. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    "too-large",
    `The request's line and headers are too large; allowed are at most ${LIMITS.maxHeaderSize} bytes together.`,
  ],
  HPE_INVALID_URL: [400, "invalid-input", "The request's URL is malformed; allowed are ASCII characters, and others percent-encoded."],
  ERR_HTTP_REQUEST_TIMEOUT: [
    408,
    "invalid-input",
    `The request came too slowly; allowed are ${LIMITS.headersTimeout / 1_000} s for its headers and ${LIMITS.requestTimeout / 1_000} s for all of it.`,
  ],
};
const UNREADABLE: Refusal = [400, "invalid-input", "The request is malformed; allowed is HTTP/1.1."];

/** Refuses what Node cannot read with a problem document, behind the answers that its connection still waits for. */
export function answerClientErrors(server: Server, answers: Answers, newId: () => string): void {
  const refused = new WeakSet<Duplex>();

  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (refused.has(socket)) return;
    refused.add(socket);
    const owed = [...answers.of(socket)];
    // A request whose body breaks off gets the refusal in place of its answer.
    const broken = owed.find(({ req }) => !req.complete);
    const last = owed.findLast((response) => response !== broken);
    const answer = () => (broken?.headersSent ? socket.destroy() : refuse(error, socket, newId()));
    if (last) last.once("close", answer);
    else answer();
  });
}

function refuse({ code }: NodeJS.ErrnoException, socket: Duplex, requestId: string): void {
  const [status, kind, detail] = REFUSALS[code ?? ""] ?? UNREADABLE;
  const problem = new Problem(kind, detail);
  const body = JSON.stringify({ ...problem.toJSON(), status });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Array.from(problemResponse(problem, requestId, status).headers, ([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  if (socket.writable) socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.destroy();
}
