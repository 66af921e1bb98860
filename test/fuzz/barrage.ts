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

/** Of a request without an answer so much is shown. */
const SHOWN_BYTES = 600;

/** Opens a line to a port of 127.0.0.1. A server that cannot be reached throws. */
export function openLine(port: number): Line {
  let socket: Socket | undefined;
  let settle: ((answer: WireAnswer | null, error?: Error) => void) | undefined;
  let head = false;

  function open(): Socket {
    const reader = createReader(() => head);
    const opened = connect({ port, host: "127.0.0.1", noDelay: true });
    /** What a connection says that is no longer used concerns no exchange. */
    const isUsed = () => socket === opened;
    const read = (more: () => WireAnswer[]) => {
      try {
        for (const answer of more()) {
          if (!isUsed()) return;
          if (answer.headers["connection"] === "close") leave();
          settle?.(answer);
        }
      } catch (error) {
        settle?.(null, error as Error);
      }
    };
    const leave = () => {
      socket = undefined;
      opened.destroy();
    };
    opened.on("data", (chunk) => isUsed() && read(() => reader.push(chunk)));
    opened.on("error", (error: NodeJS.ErrnoException) => isUsed() && error.code === "ECONNREFUSED" && settle?.(null, error));
    opened.once("close", () => {
      if (!isUsed()) return;
      read(() => reader.end());
      if (isUsed()) socket = undefined;
      settle?.(null);
    });
    return opened;
  }

  return {
    exchange(bytes, isHead) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => settle?.(null, new Error(`no answer within ${PATIENCE_MS} ms to ${bytes.toString("latin1", 0, SHOWN_BYTES)}`)),
          PATIENCE_MS,
        );
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
    close() {
      socket?.destroy();
      socket = undefined;
    },
  };
}
