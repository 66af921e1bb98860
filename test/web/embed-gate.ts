import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that came to a gate. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
}

/**
 * What becomes of a request: it passes; it passes and its answer is lost; its connection is reset before it passes; it is answered
 * here.
 */
type Fate = "pass" | "drop" | "reset" | Answer;

/** An answer of the gate's own. */
interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** HTML, as servers in between are wont to. */
  readonly body?: string;
  /** Whether it lacks CORS, so that no page of another origin may read it. */
  readonly isUnreadable?: boolean;
}

/** An HTTP proxy that remembers what was asked, and makes faults. */
export interface Gate {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  readonly asked: readonly Asked[];
  /** Decides of each request, which is in `asked` already; it may take its time; `null`: all pass. */
  decide: ((asked: Asked) => Fate | Promise<Fate>) | null;
  stop(): Promise<void>;
}

const TYPE = { "Content-Type": "text/html; charset=utf-8" };
const CORS = { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After" };

/** Starts a gate in front of a server. */
export async function startGate(target: string): Promise<Gate> {
  const asked: Asked[] = [];
  const server = createServer(async (incoming, response) => {
    // What a browser cancels.
    incoming.on("error", () => {});
    const { method = "GET", url: path = "/", headers } = incoming;
    const one = { method, path, headers, body: await textOf(incoming), at: performance.now() };
    asked.push(one);
    const fate = await (gate.decide?.(one) ?? "pass");
    // What its browser has called back meanwhile goes no further.
    if (fate === "reset" || incoming.socket.destroyed) response.destroy();
    else if (isAnswer(fate)) {
      const headers = { ...TYPE, ...(!fate.isUnreadable && CORS), ...fate.headers };
      response.writeHead(fate.status, headers).end(fate.body ?? "<h1>No</h1>");
    } else forward(target, one, response, fate === "drop");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const gate: Gate = {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    decide: null,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return gate;
}

function isAnswer(fate: Fate): fate is Answer {
  return typeof fate === "object";
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of incoming.setEncoding("utf8")) text += chunk;
  return text;
}

function forward(target: string, { method, path, headers, body }: Asked, response: ServerResponse, loseAnswer: boolean): void {
  const { host, hostname, port } = new URL(target);
  const sending = request({ hostname, port, method, path, headers: { ...headers, host }, agent: false }, (answer) => {
    if (loseAnswer) {
      answer.resume().once("end", () => response.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  sending.once("error", () => response.destroy());
  sending.end(body);
}
