import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import { explain, type Log } from "../../http/log.ts";
import { Problem, problemResponse } from "../../http/problem.ts";
import { answerClientErrors } from "./client-error.ts";
import { BACKLOG, LIMITS, MAX_CONNECTIONS } from "./limits.ts";

type Fetch = Parameters<typeof getRequestListener>[0];

/**
 * Serves a web-standard handler over HTTP/1.1 on every address, within bounds.
 *
 * @param options.port 0 for any that is free
 * @param options.onListening told the port
 */
export function serve(options: { port: number; fetch: Fetch; log: Log; newId: () => string; onListening: (port: number) => void }): Server {
  const { port, fetch, log, newId, onListening } = options;

  function handleError(error: unknown): Response {
    const requestId = newId();
    if (error instanceof RequestError) {
      return problemResponse(new Problem("invalid-input", "Host or the request's target is malformed; allowed is a URL."), requestId);
    }
    log({ severity: "ERROR", message: explain(error, 500), requestId });
    return problemResponse(new Problem("internal", "The reason is in the service's log, under this answer's X-Request-Id."), requestId);
  }

  const server = createServer(LIMITS, getRequestListener(fetch, { errorHandler: handleError }));
  server.maxConnections = MAX_CONNECTIONS;
  answerClientErrors(server, newId);
  // Ignore unknown `Expect` headers.
  server.on("checkExpectation", (incoming, outgoing) => server.emit("request", incoming, outgoing));
  server.once("listening", () => onListening((server.address() as AddressInfo).port));
  server.listen({ port, backlog: BACKLOG });
  return server;
}
