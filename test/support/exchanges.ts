/** What HTTP/2 clients send first. */
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEAD_BYTES = 9;
const HEADERS_FRAME = 1;

/** Tells in a connection's bytes where requests and answers begin. */
export interface Exchanges {
  /** How many requests begin in these bytes of the client. */
  sent(chunk: Buffer): number;
  /** Whether an answer begins, or goes on, in these bytes of the server. */
  answered(chunk: Buffer): boolean;
}

/**
 * HTTP/1.1 without pipelining: a request begins with the client's first bytes after an answer. HTTP/2: with each HEADERS frame.
 */
export function countRequests(): Exchanges {
  let http2: { sent: (chunk: Buffer) => number; answered: (chunk: Buffer) => number } | undefined;
  let first = true;
  let idle = true;
  return {
    sent(chunk) {
      if (first && chunk.toString("latin1", 0, PREFACE.length) === PREFACE) {
        http2 = { sent: countHeaders(PREFACE.length), answered: countHeaders(0) };
      }
      first = false;
      if (http2) return http2.sent(chunk);
      const begun = idle ? 1 : 0;
      idle = false;
      return begun;
    },
    answered(chunk) {
      idle = true;
      return http2 ? http2.answered(chunk) > 0 : true;
    },
  };
}

/** Counts HEADERS frames in a stream of HTTP/2 frames, behind `skip` bytes. */
function countHeaders(skip: number): (chunk: Buffer) => number {
  const head: number[] = [];
  let left = skip;
  return (chunk) => {
    let count = 0;
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const step = Math.min(left, chunk.length - at);
        left -= step;
        at += step;
        continue;
      }
      head.push(chunk.readUInt8(at));
      at += 1;
      if (head.length < FRAME_HEAD_BYTES) continue;
      const [high = 0, middle = 0, low = 0, type] = head.splice(0);
      left = (high << 16) | (middle << 8) | low;
      if (type === HEADERS_FRAME) count += 1;
    }
    return count;
  };
}
