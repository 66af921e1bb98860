import { createServer, type Server, type ServerOptions } from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import { answerBare } from "../../api/bare.ts";
import type { Log } from "../../api/log.ts";
import { explain } from "../../api/log.ts";
import { Problem } from "../../api/problem.ts";

/** What a client may take of the server. Node itself refuses the rest, with 408 or 431. */
const LIMITS: ServerOptions = {
  /** Of the request's line and its headers together, in bytes. */
  maxHeaderSize: 32 * 1_024,
  /** Until the headers are there, and the whole request: an import of 4 MiB then comes with at least 70 KB/s. */
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  /** How often that is looked at. */
  connectionsCheckingInterval: 2_000,
  /** Longer than what proxies in front keep connections, so that it is they who close an idle one. */
  keepAliveTimeout: 75_000,
};
/** Connections at the same time; more are closed at once. */
const MAX_CONNECTIONS = 20_000;
/** Connections that may wait to be accepted, as far as the system allows: of a burst of more, clients hear nothing for 1, 3, 7 or more seconds. */
const BACKLOG = 4_096;

/** A server within bounds for a web-standard handler; it does not listen yet. */
export function createBoundedServer(fetch: Parameters<typeof getRequestListener>[0], deps: { log: Log; newId: () => string }): Server {
  const server = createServer(
    LIMITS,
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
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

/** The last step of Node's own `listen`, which keeps it apart for those who wrap it. */
interface Listening {
  _listen2?(address: null, port: number, addressType: 4, backlog: number): void;
}

/**
 * Listens on every address. Node's own `listen` loads node:cluster before, and with it all that starts processes: 1 ms of
 * some 40. To name an address, 0.0.0.0 itself included, would have Node load its resolver as well: 4.
 */
export function listen(server: Server & Listening, port: number, onListening: () => void): void {
  server.once("listening", onListening);
  if (server._listen2) server._listen2(null, port, 4, BACKLOG);
  else server.listen({ port, backlog: BACKLOG });
}
