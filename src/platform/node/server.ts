import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import { MAX_HOST_LENGTH, parseHttpUrl } from "../../domain/site.ts";
import { explain, type Log } from "../../http/log.ts";
import { Problem, problemResponse } from "../../http/problem.ts";
import { type Answers, trackAnswers } from "./answers.ts";
import { answerClientErrors } from "./client-error.ts";
import { BACKLOG, LIMITS, MAX_CONNECTIONS } from "./limits.ts";
import { closeStuckConnections, limitPipelining } from "./pipelining.ts";

type Fetch = Parameters<typeof getRequestListener>[0];

/**
 * Serves a web-standard handler over HTTP/1.1 on every address, within bounds.
 *
 * @param options.port 0 for any that is free
 * @param options.onListening told the port
 */
export function serve(options: { port: number; fetch: Fetch; log: Log; newId: () => string; onListening: (port: number) => void }): {
  server: Server;
  answers: Answers;
} {
  const { port, fetch, log, newId, onListening } = options;

  function handleError(error: unknown): Response {
    const requestId = newId();
    if (error instanceof RequestError) {
      return problemResponse(new Problem("invalid-input", "Host or the request's target is malformed; allowed is a URL."), requestId);
    }
    log({ severity: "ERROR", message: explain(error, 500), requestId });
    return problemResponse(new Problem("internal", "The reason is in the service's log, under this answer's X-Request-Id."), requestId);
  }

  const server = createServer(LIMITS);
  const answers = trackAnswers(server);
  const listener = getRequestListener(fetch, { errorHandler: handleError });
  server.on(
    "request",
    limitPipelining(answers, (incoming, outgoing) => {
      if (hasBadHost(incoming)) Object.assign(incoming, { url: "/" }).headers.host = "";
      return listener(incoming, outgoing);
    }),
  );
  server.maxConnections = MAX_CONNECTIONS;
  closeStuckConnections(server, answers);
  answerClientErrors(server, answers, newId);
  // Ignore unknown `Expect` headers.
  server.on("checkExpectation", (incoming, outgoing) => server.emit("request", incoming, outgoing));
  server.once("listening", () => onListening((server.address() as AddressInfo).port));
  server.listen({ port, backlog: BACKLOG });
  return { server, answers };
}

/** Whether the host is too long to be parsed: it then counts as none, which is a 400. */
function hasBadHost({ headers, url = "/" }: IncomingMessage): boolean {
  return (headers.host?.length ?? 0) > MAX_HOST_LENGTH || (/^https?:/.test(url) && parseHttpUrl(url) === null);
}
