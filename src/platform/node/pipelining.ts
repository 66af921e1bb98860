import type { RequestListener, Server } from "node:http";
import type { Socket } from "node:net";
import type { Answers } from "./answers.ts";
import { MAX_ANSWERS, MAX_AT_ONCE, MAX_PIPELINED, MAX_UNSENT_BYTES, WRITE_TIMEOUT_MS } from "./limits.ts";

/**
 * Bounds what one connection may have asked for. Node reads 64 KiB of requests at a time and hands all of them on, whether their client
 * reads any answer or not.
 *
 * Some requests of a connection are answered at once, as long as it takes the answers; the others wait. A connection that has more, and
 * one whose client stops reading, are closed.
 */
export function limitPipelining(answers: Answers, listener: RequestListener): RequestListener {
  const lines = new WeakMap<Socket, { begun: number; readonly waiting: (() => void)[] }>();

  function unsentBytes(socket: Socket): number {
    let bytes = 0;
    for (const { writableLength } of answers.of(socket)) bytes += writableLength;
    return bytes;
  }

  return (request, response) => {
    const { socket } = request;
    if (socket.destroyed) return;
    const owed = answers.of(socket).size;
    if (owed > MAX_PIPELINED || (owed > 1 && answers.all.size > MAX_ANSWERS)) {
      socket.destroy();
      return;
    }
    const line = lines.get(socket) ?? { begun: 0, waiting: [] };
    lines.set(socket, line);

    const proceed = (): void => {
      if (socket.destroyed) line.waiting.length = 0;
      while (line.begun < MAX_AT_ONCE && line.waiting.length > 0 && unsentBytes(socket) < MAX_UNSENT_BYTES) {
        line.begun += 1;
        line.waiting.shift()?.();
      }
    };
    response.once("close", () => {
      line.begun -= 1;
      proceed();
    });
    line.waiting.push(() => listener(request, response));
    proceed();
  };
}

/** Closes connections that are idle, and those whose client does not read. Who waits for an answer, or for its first request, is neither. */
export function closeStuckConnections(server: Server, answers: Answers): void {
  server.setTimeout(WRITE_TIMEOUT_MS, (socket) => {
    const idle = answers.of(socket).size === 0 && socket.bytesWritten > 0;
    if (idle || socket.writableLength > 0) socket.destroy();
  });
}
