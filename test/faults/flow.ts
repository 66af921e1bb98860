import { type Line, openLine } from "../fuzz/barrage.ts";
import { bytesOf, type WireAnswer } from "../fuzz/wire.ts";

/** The result of a flow of requests. */
export interface Flow {
  sent: number;
  /** Answers by status; 0 without an answer. */
  readonly statuses: Map<number, number>;
  /** Milliseconds from when a request was due to its answer, of those answered 200. */
  readonly latencies: number[];
  /** Refusals without `Retry-After`. */
  withoutRetryAfter: number;
}

/** A counting request as bytes. */
export function visitTo(site: string, page: string): Buffer {
  return bytesOf({ method: "POST", target: "/v1/visits", headers: [], body: JSON.stringify({ site, page }) });
}

/** A request that counts nothing, to open a connection. */
const PING = bytesOf({ method: "HEAD", target: "/v1/health", headers: [], body: "" });

/**
 * Sends requests at a steady rate, whatever the answers. A request that is due while every connection is busy waits, and its latency
 * includes the wait. Connections are opened beforehand, as a proxy does: Node accepts only one in each turn of its event loop.
 *
 * @param options.perSecond `Infinity`: each connection sends as soon as it is answered
 */
export async function flow(options: {
  port: number;
  connections: number;
  seconds: number;
  perSecond: number;
  bytes: (index: number) => Buffer;
  onAnswer?: (answer: WireAnswer) => void;
}): Promise<Flow> {
  const { port, connections, seconds, perSecond, bytes, onAnswer } = options;
  const result: Flow = { sent: 0, statuses: new Map(), latencies: [], withoutRetryAfter: 0 };
  const lines = Array.from({ length: connections }, () => openLine(port));
  await Promise.all(lines.map((line) => line.exchange(PING, true)));
  const began = performance.now();
  const end = began + seconds * 1_000;
  const total = Number.isFinite(perSecond) ? Math.round(perSecond * seconds) : Number.POSITIVE_INFINITY;

  async function client(line: Line): Promise<void> {
    while (result.sent < total) {
      const index = result.sent++;
      const due = Number.isFinite(perSecond) ? began + (index / perSecond) * 1_000 : performance.now();
      const early = due - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      if (performance.now() > end) {
        result.sent -= 1;
        return;
      }
      const answer = await line.exchange(bytes(index), false);
      const status = answer?.status ?? 0;
      result.statuses.set(status, (result.statuses.get(status) ?? 0) + 1);
      if (answer && status !== 200 && !/^[1-9]\d*$/.test(answer.headers["retry-after"] ?? "")) result.withoutRetryAfter += 1;
      if (status === 200) result.latencies.push(performance.now() - due);
      if (answer) onAnswer?.(answer);
    }
  }

  await Promise.all(lines.map(client)).finally(() => {
    for (const line of lines) line.close();
  });
  return result;
}

/** The statuses as text, most frequent first. */
export function statusesOf({ statuses }: Flow): string {
  const sorted = [...statuses].sort(([, one], [, other]) => other - one);
  return sorted.map(([status, count]) => `${count} × ${status || "no answer"}`).join(", ");
}
