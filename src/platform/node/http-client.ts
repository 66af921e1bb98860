import { Socket } from "node:net";
import type { Fetch } from "../../stores/datastore/transport.ts";
import { type Answer, readAnswer } from "./read-answer.ts";
import { uptimeMs } from "./uptime.ts";

/** HTTP/1.1 over connections that are used again. */
export interface HttpClient {
  /** `fetch`, as far as Datastore's REST needs it. */
  readonly send: Fetch;
  /** Opens a connection to an origin, so that the first request need not wait for it. */
  open(origin: string): void;
}

/** A request on its way over a connection. */
interface Exchange {
  readonly reading: ReturnType<typeof readAnswer>;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** Connections to an origin that are kept without a request; more are closed. */
const MAX_IDLE = 64;
/** And for how long: one that something in between has dropped without a word would cost a request all its time. */
const IDLE_MS = 30_000;

/** A connection that takes one request after the other. */
interface Connection {
  /** Is there for the next request. */
  rest(): void;
  /** Whether it may be used again; it is closed where not. */
  wake(): boolean;
  /** Rejects where the connection fails, and fails it where it is too slow: whether the server took the request is then not known. */
  exchange(request: string, timeoutMs: number): Promise<Answer>;
}

/**
 * Makes a client. Node's own, `fetch` and `node:http` alike, takes its first request longer to send than all that a start otherwise does
 * after it listens; the sockets below it are in use by then.
 */
export function createHttpClient(): HttpClient {
  /** Connections without a request, by origin, the one that was used last at the end. */
  const idle = new Map<string, Connection[]>();

  function idleAt(origin: string): Connection[] {
    const known = idle.get(origin);
    if (known) return known;
    const connections: Connection[] = [];
    idle.set(origin, connections);
    return connections;
  }

  async function dial(origin: string): Promise<Connection> {
    const { protocol, hostname, port } = new URL(origin);
    const host = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
    const isSecure = protocol === "https:";
    const target = { host, port: Number(port || (isSecure ? 443 : 80)) };
    // TLS takes long to load: only where it is spoken.
    const socket = isSecure ? (await import("node:tls")).connect({ ...target, servername: host }) : new Socket().connect(target);
    return createConnection(socket, idleAt(origin));
  }

  return {
    open(origin) {
      dial(origin).then(
        (connection) => connection.rest(),
        // The first request tells why.
        () => {},
      );
    },
    async send(url, { method = "GET", headers, body = "", timeoutMs }) {
      // What came before, such as a token, may have taken it all.
      if (timeoutMs <= 0) throw tooLate();
      const target = new URL(url);
      let connection = idleAt(target.origin).pop();
      while (connection && !connection.wake()) connection = idleAt(target.origin).pop();
      connection ??= await dial(target.origin);
      const fields = { Host: target.host, ...headers, "Content-Length": Buffer.byteLength(body) };
      const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
      const request = `${method} ${target.pathname}${target.search} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
      const { status, body: bytes } = await connection.exchange(request, timeoutMs);
      const text = bytes.toString("utf8");
      return { ok: status >= 200 && status < 300, status, text: async () => text, json: async () => JSON.parse(text) };
    },
  };
}

/** By the name that `fetch` gives it. */
function tooLate(): DOMException {
  return new DOMException("no answer in time", "TimeoutError");
}

/** @param idle where the connection is kept while it has no request */
function createConnection(socket: Socket, idle: Connection[]): Connection {
  let current: Exchange | undefined;
  let restsSince = 0;

  function receive(piece: Buffer | null): void {
    try {
      // Nothing was asked: whatever this is, the next answer would not be the next request's.
      if (!current) throw new Error("the connection ended");
      const read = current.reading.next(piece);
      if (!read.done) return;
      const { resolve } = current;
      current = undefined;
      if (read.value.keepsOpen) connection.rest();
      else socket.destroy();
      resolve(read.value);
    } catch (error) {
      fail(error);
    }
  }

  function fail(error: unknown): void {
    const index = idle.indexOf(connection);
    if (index >= 0) idle.splice(index, 1);
    socket.destroy();
    current?.reject(error);
    current = undefined;
  }

  socket
    .setNoDelay(true)
    .on("data", receive)
    .on("end", () => receive(null))
    .on("error", fail)
    .on("close", () => fail(new Error("the connection ended")));

  const connection: Connection = {
    rest() {
      if (idle.length >= MAX_IDLE || socket.destroyed) return void socket.destroy();
      // It keeps no process from ending.
      socket.unref();
      restsSince = uptimeMs();
      idle.push(connection);
    },
    wake() {
      const isFresh = uptimeMs() - restsSince < IDLE_MS && !socket.destroyed;
      if (!isFresh) socket.destroy();
      return isFresh;
    },
    exchange: (request, timeoutMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => fail(tooLate()), timeoutMs);
        const leave =
          <T>(settle: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer);
            settle(value);
          };
        current = { reading: readAnswer(), resolve: leave(resolve), reject: leave(reject) };
        current.reading.next();
        socket.ref().write(request);
      }),
  };
  return connection;
}
