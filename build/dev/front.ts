import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { http } from "./http.ts";

/** Paths of the loop itself, which no product has. */
const SCRIPT_PATH = "/__dev/reload.js";
const EVENTS_PATH = "/__dev/events";
/** As the Node server has it. */
const MAX_HEADER_BYTES = 32 * 1_024;
/** A browser asks again this long after the loop has gone, in milliseconds. */
const RETRY_MS = 300;

/** What browsers are told: another `version` means to reload; `problem` is shown above the page. */
interface State {
  readonly version: string;
  readonly problem: string | null;
}

/** A server in front of another one, whose pages reload themselves. */
export interface Front {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string;
  /** Tells all browsers. */
  tell(state: State): void;
  /** Resolves when no request is on its way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves on a port of loopback. Requests wait while `backend` is pending: there is no moment at which nobody answers.
 *
 * @param backend where requests go, asked for each
 * @param reloadFrom the origin of the reload script, if another server has it
 */
export async function startFront(port: number, backend: () => Promise<string>, reloadFrom = ""): Promise<Front> {
  const agent = new http.Agent({ keepAlive: true });
  const listeners = new Set<ServerResponse>();
  let state: State = { version: "", problem: null };
  let busy = 0;
  let onIdle = (): void => {};

  const server = http.createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    if (request.url === EVENTS_PATH) return listen(response);
    if (request.url === SCRIPT_PATH) return sendScript(response);
    busy += 1;
    response.once("close", () => {
      busy -= 1;
      if (busy === 0) onIdle();
    });
    backend().then(
      (origin) => forward(request, response, origin),
      (error: Error) => refuse(response, error),
    );
  });

  function listen(response: ServerResponse): void {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "*" });
    response.write(`retry: ${RETRY_MS}\n${eventOf(state)}`);
    listeners.add(response);
    response.once("close", () => listeners.delete(response));
  }

  function forward(request: IncomingMessage, response: ServerResponse, origin: string): void {
    // Pages are read on their way: they come uncompressed.
    const headers = { ...request.headers, "accept-encoding": "identity" };
    const { method = "GET", url = "/" } = request;
    const { hostname, port } = new URL(origin);
    // Its target as it is: another form than a path is the worker's to refuse.
    const sent = http.request({ hostname, port, path: url, method, headers, agent }, (answer) => {
      if (/^text\/html/.test(answer.headers["content-type"] ?? "") && method !== "HEAD") injectScript(answer, response, reloadFrom);
      else {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        pipeline(answer, response, () => {});
      }
    });
    sent.once("error", (error) => refuse(response, error));
    pipeline(request, sent, () => {});
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : port}`,
    tell(next) {
      state = next;
      for (const response of listeners) response.write(eventOf(state));
    },
    idle: () => (busy === 0 ? Promise.resolve() : new Promise((resolve) => (onIdle = resolve))),
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function eventOf(state: State): string {
  return `data: ${JSON.stringify(state)}\n\n`;
}

async function sendScript(response: ServerResponse): Promise<void> {
  const script = await readFile(join(import.meta.dirname, "reload.js"));
  response.writeHead(200, { "Content-Type": "text/javascript", "Cache-Control": "no-store" }).end(script);
}

async function injectScript(answer: IncomingMessage, response: ServerResponse, origin: string): Promise<void> {
  const page = await answer.setEncoding("utf8").toArray();
  const headers = { ...answer.headers };
  delete headers["content-length"];
  delete headers["transfer-encoding"];
  delete headers["etag"];
  response.writeHead(answer.statusCode ?? 502, headers);
  response.end(page.join("").replace(/<head[^>]*>/i, `$&<script src="${origin}${SCRIPT_PATH}"></script>`));
}

/** The client may send it again: the service counts an id once. */
function refuse(response: ServerResponse, error: Error): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(503, { "Content-Type": "text/plain", "Retry-After": "1" }).end(`npm run dev: ${error.message}\n`);
}
