import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { pipeline } from "node:stream";
import type { Backend } from "../openapi/gateway.ts";
import { endToEnd, headersForBackend } from "./headers.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** A longer body is not kept, so it is not sent again. In bytes. */
const RETRY_BUFFER_BYTES = 1_048_576;
/** The first one and one retry. */
const MAX_ATTEMPTS = 2;

const agent = new Agent({ keepAlive: true });

const LATE: Refusal = { code: 504, message: "upstream request timeout" };
const unreachable = (reason: string): Refusal => ({
  code: 503,
  message: `upstream connect error or disconnect/reset before headers. reset reason: ${reason}`,
});

/**
 * Sends a request to the backend and its answer to the client, both as streams. Where the connection is refused or reset before an answer
 * begins, the request is sent once more, whatever its method: so a POST can arrive twice.
 *
 * @param method the one that the route was found by
 */
export function forward(incoming: IncomingMessage, outgoing: ServerResponse, method: string, address: URL, backend: Backend): void {
  const headers = headersForBackend(incoming, address, backend.jwtAudience);
  const options = { host: address.hostname, port: address.port || 80, path: incoming.url ?? "/", method, headers, agent };
  const kept: Buffer[] = [];
  let size = 0;
  let complete = false;
  let attempts = 0;
  let over = false;
  let deadline: NodeJS.Timeout | undefined;
  let upstream = attempt();

  incoming.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= RETRY_BUFFER_BYTES) kept.push(chunk);
    if (!over && !upstream.write(chunk)) incoming.pause();
  });
  incoming.on("end", () => {
    complete = true;
    if (!over) upstream.end();
    deadline = setTimeout(() => finish(LATE), backend.deadline * 1_000);
  });
  outgoing.on("close", () => {
    clearTimeout(deadline);
    over = true;
    upstream.destroy();
  });

  function attempt(): ClientRequest {
    attempts += 1;
    const current = send(options);
    current.on("drain", () => incoming.resume());
    current.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
      // A backend that breaks off its answer breaks off the client's; both streams are destroyed.
      pipeline(answer, outgoing, () => {});
    });
    current.on("error", (error: NodeJS.ErrnoException) => {
      if (over || current !== upstream) return;
      if (outgoing.headersSent) outgoing.destroy();
      else if (attempts < MAX_ATTEMPTS && size <= RETRY_BUFFER_BYTES) retry();
      else finish(unreachable(error.code === "ECONNREFUSED" ? "connection failure" : "connection termination"));
    });
    return current;
  }

  function retry(): void {
    upstream = attempt();
    for (const chunk of kept) upstream.write(chunk);
    if (complete) upstream.end();
    incoming.resume();
  }

  function finish(refusal: Refusal): void {
    if (over) return;
    over = true;
    upstream.destroy();
    incoming.resume();
    if (outgoing.headersSent) outgoing.destroy();
    else refuse(outgoing, refusal);
  }
}
