import { connect, type Socket } from "node:net";

/** A request in its parts; what is in them goes onto the wire as it is. */
export interface Shot {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Uint8Array | null;
}

/** An answer as it came over the wire; header names in lower case, several of one name joined. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const END_OF_HEAD = "\r\n\r\n";

/** A request's bytes, as HTTP/1.1 has them: header values in Latin-1, the body's length where no header tells of it. */
export function bytesOf({ method, target, headers, body }: Shot): Buffer {
  const bytes = body === null ? Buffer.alloc(0) : Buffer.from(body);
  const told = headers.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name));
  const own = body === null || told ? headers : [...headers, ["Content-Length", String(bytes.length)]];
  const named = headers.some(([name]) => /^host$/i.test(name));
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(named ? [] : ["Host: example.com"]),
    ...own.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}${END_OF_HEAD}`, "latin1"), bytes]);
}

/**
 * Reads answers out of a connection's bytes. Bytes that are no HTTP answer throw.
 *
 * @param isToHead whether the next answer is to a HEAD request, and so has no body
 */
export function createReader(isToHead: () => boolean): { push(chunk: Buffer): WireAnswer[]; end(): WireAnswer[] } {
  let buffer: Buffer = Buffer.alloc(0);
  const read = (ended: boolean): WireAnswer[] => {
    const answers: WireAnswer[] = [];
    for (let one = next(ended); one; one = next(ended)) answers.push(one);
    return answers;
  };

  function next(ended: boolean): WireAnswer | null {
    const end = buffer.indexOf(END_OF_HEAD);
    if (end < 0) return null;
    const [line = "", ...fields] = buffer.toString("latin1", 0, end).split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(line)?.[1] ?? Number.NaN);
    if (Number.isNaN(status)) throw new Error(`This is no status line: ${JSON.stringify(line.slice(0, 200))}`);
    const headers: Record<string, string> = {};
    for (const field of fields) {
      const [, name = "", value = ""] = /^([^:]*):[ \t]*(.*)$/s.exec(field) ?? [];
      headers[name.toLowerCase()] = headers[name.toLowerCase()] ? `${headers[name.toLowerCase()]}, ${value}` : value;
    }
    const start = end + END_OF_HEAD.length;
    const none = status < 200 || status === 204 || status === 304 || isToHead();
    const body = none ? { text: "", end: start } : readBody(start, headers, ended);
    if (!body) return null;
    buffer = buffer.subarray(body.end);
    return status < 200 ? next(ended) : { status, headers, text: body.text };
  }

  function readBody(start: number, headers: Record<string, string>, ended: boolean): { text: string; end: number } | null {
    const { "content-length": length, "transfer-encoding": coding } = headers;
    if (coding === "chunked") return readChunks(start);
    const end = length === undefined ? buffer.length : start + Number(length);
    return (length === undefined && !ended) || end > buffer.length ? null : { text: buffer.toString("utf8", start, end), end };
  }

  function readChunks(start: number): { text: string; end: number } | null {
    const parts: Buffer[] = [];
    for (let at = start; ; ) {
      const line = buffer.indexOf("\r\n", at);
      const size = line < 0 ? Number.NaN : Number.parseInt(buffer.toString("latin1", at, line), 16);
      const end = line + 2 + size;
      if (Number.isNaN(size) || buffer.length < end + 2) return null;
      if (size === 0) return { text: Buffer.concat(parts).toString("utf8"), end: end + 2 };
      parts.push(buffer.subarray(line + 2, end));
      at = end + 2;
    }
  }

  return {
    push(chunk) {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
      return read(false);
    },
    end: () => read(true),
  };
}

/** After so long a client says that it sends no more, unless it was answered before: Node's server then closes without an answer. */
const MORE_MS = 40;

/**
 * Sends bytes on a connection of their own, then says that there are no more, and reads until the server closes, or for `patienceMs`.
 *
 * @returns every answer; none where the server only closed
 */
export function fire(port: number, bytes: Buffer, patienceMs: number): Promise<WireAnswer[]> {
  return new Promise((resolve, reject) => {
    let answers: WireAnswer[] = [];
    const isHead = bytes.toString("latin1", 0, 5) === "HEAD ";
    const reader = createReader(() => isHead);
    const socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const read = (more: () => WireAnswer[]) => {
      try {
        answers = [...answers, ...more()];
        if (answers.length > 0) socket.end();
      } catch (error) {
        reject(error);
        socket.destroy();
      }
    };
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.on("data", (chunk) => read(() => reader.push(chunk)));
    // A refused connection is a crashed server; one that is reset after its answer is none.
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNREFUSED" ? reject(error) : undefined));
    socket.on("end", () => socket.end());
    socket.once("close", () => {
      clearTimeout(timer);
      read(() => reader.end());
      resolve(answers);
    });
    const timer = setTimeout(() => socket.end(), MORE_MS);
    socket.write(bytes);
  });
}
