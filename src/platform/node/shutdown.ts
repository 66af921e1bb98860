import type { Server, ServerResponse } from "node:http";
import type { Answers } from "./answers.ts";

/** Cloud Run kills an instance 10 s after SIGTERM. */
const STOP_WITHIN_MS = 7_000;
/** What has not ended by then is left. */
const LEAVE_WITHIN_MS = 7_500;
/** How often connections that have become idle are closed meanwhile. */
const SWEEP_MS = 50;

/**
 * On SIGTERM or SIGINT: accepts nothing more, answers what was accepted, runs `close` and exits with 0.
 *
 * @param options.drain begins with the signal: brings what is under way to its end
 * @param options.close what is left to do when the last answer is out
 */
export function stopOnSignal(
  { server, answers }: { server: Server; answers: Answers },
  { drain, close }: { drain: () => Promise<void>; close: () => Promise<void> },
): void {
  let stopping = false;

  server.prependListener("request", (_, response) => {
    if (stopping) endConnection(response);
  });

  function stop(): void {
    if (stopping) return;
    stopping = true;
    setTimeout(() => server.closeAllConnections(), STOP_WITHIN_MS).unref();
    setTimeout(() => process.exit(1), LEAVE_WITHIN_MS).unref();
    for (const response of answers.all) endConnection(response);
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
  }

  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

/** While stopping, each answer ends its connection, so that no client sends another request into the void. */
function endConnection(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("Connection", "close");
}
