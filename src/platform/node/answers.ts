import type { Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** The answers that a server owes: to requests that were read, and not sent to their end yet. */
export interface Answers {
  readonly all: ReadonlySet<ServerResponse>;
  /** Those of one connection, in the order of its requests. */
  of(socket: Duplex): ReadonlySet<ServerResponse>;
}

const NONE: ReadonlySet<ServerResponse> = new Set();

/** Follows the answers of a server. Of a connection that breaks, only the first answer emits `close`: the others go with the connection. */
export function trackAnswers(server: Server): Answers {
  const all = new Set<ServerResponse>();
  const bySocket = new WeakMap<Duplex, Set<ServerResponse>>();

  server.on("connection", (socket) => {
    const own = new Set<ServerResponse>();
    bySocket.set(socket, own);
    socket.once("close", () => {
      for (const response of own) all.delete(response);
      own.clear();
    });
  });

  server.prependListener("request", ({ socket }, response) => {
    // The rest of what was read before its connection was closed.
    if (socket.destroyed) return;
    const own = bySocket.get(socket);
    own?.add(response);
    all.add(response);
    response.once("close", () => {
      own?.delete(response);
      all.delete(response);
    });
  });

  return { all, of: (socket) => bySocket.get(socket) ?? NONE };
}
