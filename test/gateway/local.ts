import { once } from "node:events";
import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { createGateway } from "../../build/gateway/app.ts";
import type { GatewayDocument } from "../../build/openapi/gateway.ts";
import { describeAll } from "../../build/openapi/write.ts";

/** What listens on a port of 127.0.0.1. */
export interface Listening {
  readonly url: string;
  stop(): Promise<void>;
}

/** A gateway, and what has come to it. */
export interface LocalGateway extends Listening {
  /** Methods and targets, in the order they came. */
  readonly requests: readonly string[];
}

/** The document as it is without TAKEOVER. */
const DOCUMENT = describeAll().gateway;
/** A key that the gateway takes for valid. */
export const KEY = "gateway-test-key";

/** The gateway on a free port. */
export async function startGateway(options: {
  backend: string;
  document?: GatewayDocument;
  keys?: readonly string[];
  now?: () => number;
}): Promise<LocalGateway> {
  const { backend, document = DOCUMENT, keys = [KEY], now = Date.now } = options;
  const requests: string[] = [];
  const gateway = createGateway({ document, backend: new URL(backend), keys: new Set(keys), now });
  const server = createServer();
  server.on("request", getRequestListener(gateway.fetch));
  server.on("request", ({ method, url }) => requests.push(`${method} ${url}`));
  return { ...(await listen(server)), requests };
}

/** A backend that a test plays. */
export function startBackend(answer: RequestListener): Promise<Listening> {
  return listen(createServer(answer));
}

/** The document with another deadline, in seconds, and another quota. */
export function withLimits(deadline: number, quota: number): GatewayDocument {
  const { metrics, backends } = DOCUMENT["x-google-api-management"];
  const limits = { all: { metric: Object.keys(metrics)[0] ?? "", values: quota } };
  const short = Object.entries(backends).map(([name, backend]) => [name, { ...backend, deadline }]);
  return { ...DOCUMENT, "x-google-api-management": { metrics, quota: { limits }, backends: Object.fromEntries(short) } };
}

/** Passes connections on, but the first `losses` answers: those are lost after the request has arrived. */
export async function startLossyProxy(target: string, losses: number): Promise<Listening & { readonly lost: () => number }> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let lost = 0;
  const server = createTcpServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [socket, other] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(socket);
      socket
        .on("error", () => {})
        .on("close", () => {
          sockets.delete(socket);
          other.destroy();
        });
    }
    client.pipe(upstream);
    upstream.on("data", (chunk) => {
      if (lost === losses) return client.write(chunk);
      lost += 1;
      return client.resetAndDestroy();
    });
  });
  return {
    url: await urlOf(server),
    lost: () => lost,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: HttpServer): Promise<Listening> {
  return {
    url: await urlOf(server),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function urlOf(server: Server): Promise<string> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
