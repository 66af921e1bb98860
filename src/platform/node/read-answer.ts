/** An answer as it came over a connection. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** Whether the server takes another request on this connection. */
  readonly keepsOpen: boolean;
}

/** The longest head, and the longest line of a chunk, in bytes: as Node's own client has it. */
const MAX_LINE_BYTES = 16 * 1_024;

/**
 * Reads one HTTP/1.1 answer (RFC 9112), however its bytes are cut: is given them one piece after the other, and `null` where the
 * connection ended; is done with the answer. Throws where this is none. Not for answers to HEAD and CONNECT.
 */
export function* readAnswer(): Generator<undefined, Answer, Buffer | null> {
  let rest: Buffer = Buffer.alloc(0);
  let ended = false;

  /** Waits for another piece; at the end of the connection there is none. */
  function* receive(): Generator<undefined, void, Buffer | null> {
    const piece = yield;
    if (piece) rest = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
    else ended = true;
  }

  function* readUntil(mark: string): Generator<undefined, string, Buffer | null> {
    for (;;) {
      const at = rest.indexOf(mark);
      if (at >= 0) {
        const text = rest.toString("latin1", 0, at);
        rest = rest.subarray(at + mark.length);
        return text;
      }
      if (ended) throw new Error("the connection ended before the answer did");
      if (rest.length > MAX_LINE_BYTES) throw new Error(`the answer has no line's end within ${MAX_LINE_BYTES} bytes`);
      yield* receive();
    }
  }

  /** @param length `Infinity` for all that comes */
  function* readBytes(length: number): Generator<undefined, Buffer, Buffer | null> {
    const pieces: Buffer[] = [];
    let missing = length;
    while (missing > rest.length) {
      pieces.push(rest);
      missing -= rest.length;
      rest = Buffer.alloc(0);
      if (ended && length !== Number.POSITIVE_INFINITY) throw new Error("the connection ended before the answer did");
      if (ended) return Buffer.concat(pieces);
      yield* receive();
    }
    const last = rest.subarray(0, missing);
    rest = rest.subarray(missing);
    return pieces.length > 0 ? Buffer.concat([...pieces, last]) : last;
  }

  function* readChunks(): Generator<undefined, Buffer, Buffer | null> {
    const chunks: Buffer[] = [];
    for (;;) {
      const [size = ""] = (yield* readUntil("\r\n")).split(";", 1);
      if (!/^[\da-f]+ *$/i.test(size)) throw new Error("the answer has a chunk without a size");
      const length = Number.parseInt(size, 16);
      if (length === 0) break;
      chunks.push(yield* readBytes(length));
      if ((yield* readUntil("\r\n")) !== "") throw new Error("the answer has a chunk that is longer than it says");
    }
    // Trailers, of which none is asked for, and an empty line.
    while ((yield* readUntil("\r\n")) !== "");
    return Buffer.concat(chunks);
  }

  for (;;) {
    const { version, status, fields } = parseHead(yield* readUntil("\r\n\r\n"));
    if (status < 200) continue;
    const [length, ...others] = new Set(fields.get("content-length"));
    if (others.length > 0 || !isDigits(length ?? "0")) throw new Error("the answer has no one length");
    const isChunked = fields.get("transfer-encoding")?.join().split(",").at(-1)?.trim().toLowerCase() === "chunked";
    const isEmpty = status === 204 || status === 304;
    const known = isEmpty ? 0 : Number(length ?? Number.POSITIVE_INFINITY);
    const body = isChunked && !isEmpty ? yield* readChunks() : yield* readBytes(known);
    // What comes behind an answer that says two things of its length may be anything.
    const hasEnd = isEmpty || isChunked !== (length !== undefined);
    const closes = fields.get("connection")?.some((value) => value.toLowerCase().includes("close"));
    return { status, body, keepsOpen: hasEnd && version === "HTTP/1.1" && rest.length === 0 && !closes };
  }
}

/** The first line and the fields of a head. Without patterns: to have the five compiled that it takes would cost a start 0.2 ms. */
function parseHead(head: string): { version: string; status: number; fields: Map<string, string[]> } {
  const [first = "", ...lines] = head.split("\r\n");
  const [version = "", code = ""] = first.split(" ", 2);
  const status = Number(code);
  const isStatus = code.length === 3 && isDigits(code) && status >= 100;
  if ((version !== "HTTP/1.1" && version !== "HTTP/1.0") || !isStatus) throw new Error("the answer is not HTTP/1.1");
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    fields.set(name, [...(fields.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return { version, status, fields };
}

function isDigits(text: string): boolean {
  return text !== "" && Array.from(text).every((char) => char >= "0" && char <= "9");
}
