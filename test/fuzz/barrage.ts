import { connect, type Socket } from "node:net";
import { createReader, type WireAnswer } from "./wire.ts";

/** A connection that is kept, and made anew when it is closed. */
export interface Line {
  /** Sends a request and waits for its answer; `null` where the connection closed without one. */
  exchange(bytes: Buffer, isHead: boolean): Promise<WireAnswer | null>;
  close(): void;
}

/** No answer may take longer: a visit is refused within 10 seconds. */
const PATIENCE_MS = 12_000;

/** Opens a line to a port of 127.0.0.1. A server that cannot be reached throws. */
export function openLine(port: number): Line {
  let socket: Socket | undefined;
  let settle: ((answer: WireAnswer | null, error?: Error) => void) | undefined;
  let head = false;

  function open(): Socket {
    const reader = createReader(() => head);
    const opened = connect({ port, host: "127.0.0.1", noDelay: true });
    const read = (more: () => WireAnswer[]) => {
      try {
        for (const answer of more()) {
          if (answer.headers["connection"] === "close") opened.destroy();
          settle?.(answer);
        }
      } catch (error) {
        settle?.(null, error as Error);
      }
    };
    opened.on("data", (chunk) => read(() => reader.push(chunk)));
    opened.on("error", (error: NodeJS.ErrnoException) => error.code === "ECONNREFUSED" && settle?.(null, error));
    opened.once("close", () => {
      if (socket === opened) socket = undefined;
      read(() => reader.end());
      settle?.(null);
    });
    return opened;
  }

  return {
    exchange(bytes, isHead) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => settle?.(null, new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
        settle = (answer, error) => {
          settle = undefined;
          clearTimeout(timer);
          if (error) reject(error);
          else resolve(answer);
        };
        head = isHead;
        if (!socket || socket.destroyed) socket = open();
        socket.write(bytes);
      });
    },
    close: () => void socket?.destroy(),
  };
}
