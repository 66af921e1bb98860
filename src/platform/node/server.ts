import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import { answerBare } from "../../api/bare.ts";
import type { Log } from "../../api/log.ts";
import { explain } from "../../api/log.ts";
import { Problem } from "../../api/problem.ts";
import { refuseClient } from "./client-error.ts";
import { LIMITS } from "./limits.ts";

/** Connections at the same time; more are closed at once. */
const MAX_CONNECTIONS = 20_000;
/** Connections that may wait to be accepted, as far as the system allows: of a burst of more, clients hear nothing for 1, 3, 7 or more seconds. */
const BACKLOG = 4_096;

/** The last step of Node's own `listen`, which keeps it apart for those who wrap it. */
interface Listening {
  _listen2?(address: null, port: number, addressType: 4, backlog: number): void;
}

/**
 * A server within bounds that listens on every address, and answers as soon as {@link serve} has told it how. Node's own `listen` loads
 * node:cluster before, and with it all that starts processes: 1 ms of some 40. To name an address, 0.0.0.0 itself included, would have
 * Node load its resolver as well: 4.
 */
export function listen(port: number, onListening: (port: number) => void): Server {
  const server: Server & Listening = createServer(LIMITS);
  server.maxConnections = MAX_CONNECTIONS;
  server.once("listening", () => onListening((server.address() as AddressInfo).port));
  if (server._listen2) server._listen2(null, port, 4, BACKLOG);
  else server.listen({ port, backlog: BACKLOG });
  return server;
}

/** Has a server answer by a web-standard handler: before it takes its first connection, as no request waits for this. */
export function serve(server: Server, fetch: Parameters<typeof getRequestListener>[0], deps: { log: Log; newId: () => string }): void {
  // A visit waits a round of the event loop for others; in the second one its commit is on its way.
  server.once("request", (incoming, outgoing) => setImmediate(() => setImmediate(rehearse, incoming, outgoing)));
  server.on("clientError", (error, socket) => refuseClient(error, socket, deps.newId()));
  // An expectation that nobody knows is none.
  server.on("checkExpectation", (incoming, outgoing) => server.emit("request", incoming, outgoing));
  server.on(
    "request",
    getRequestListener(fetch, {
      errorHandler(error) {
        const requestId = deps.newId();
        if (error instanceof RequestError) {
          return answerBare(new Problem("invalid-input", "Host or the request's target is malformed; allowed is a URL."), requestId);
        }
        deps.log({ severity: "ERROR", message: explain(error, 500), requestId });
        return answerBare(new Problem("internal", "The reason is in the service's log, under this answer's X-Request-Id."), requestId);
      },
    }),
  );
}

/** Begins an answer that goes nowhere while the first one waits for its store: the first takes Node a millisecond longer than any other. */
function rehearse(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (!outgoing.headersSent) new ServerResponse(incoming).writeHead(200, { "Content-Type": "application/json", "Content-Length": 0 });
}
