import type { Server } from "node:http";

/** Cloud Run kills an instance 10 s after SIGTERM. */
const STOP_WITHIN_MS = 7_000;
/** And what is then still not at its end is left. */
const LEAVE_WITHIN_MS = 7_500;
/** How often connections that have become idle are closed meanwhile. */
const SWEEP_MS = 50;

type Fetch<A extends unknown[]> = (...args: A) => Response | Promise<Response>;

/**
 * On SIGTERM or SIGINT: accepts nothing more, answers what was accepted, runs `close` and exits with 0.
 *
 * @param options.drain begins with the signal: brings what is under way to its end
 * @param options.close what is left to do when the last answer is out
 */
export function stopOnSignal({ drain, close }: { drain: () => Promise<void>; close: () => Promise<void> }): {
  /** Wraps the handler: while stopping, each answer ends its connection, so that no client sends another request into the void. */
  around<A extends unknown[]>(fetch: Fetch<A>): Fetch<A>;
  /** Names the server to stop. */
  server(server: Server): void;
} {
  let stopping = false;
  return {
    around: (fetch) => {
      const mark = (response: Response): Response => {
        if (stopping) response.headers.set("Connection", "close");
        return response;
      };
      return (...args) => Promise.resolve(fetch(...args)).then(mark);
    },
    server(server) {
      const stop = (): void => {
        if (stopping) return;
        stopping = true;
        setTimeout(() => server.closeAllConnections(), STOP_WITHIN_MS).unref();
        setTimeout(() => process.exit(1), LEAVE_WITHIN_MS).unref();
        const drained = drain();
        const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
        server.close(() => {
          clearInterval(sweep);
          drained.then(close).then(
            () => process.exit(0),
            (error: unknown) => {
              console.error(error);
              process.exit(1);
            },
          );
        });
      };
      process.on("SIGTERM", stop);
      process.on("SIGINT", stop);
    },
  };
}
