import { type Line, openLine } from "../fuzz/barrage.ts";
import { bytesOf, type WireAnswer } from "../fuzz/wire.ts";

/** What came of a flow of requests. */
export interface Flow {
  sent: number;
  /** Answers, by their status. */
  readonly statuses: Map<number, number>;
  /** From when a visit was due to its answer, in milliseconds, of those that counted. */
  readonly latencies: number[];
  /** Refusals that do not say when to come back. */
  rude: number;
}

/** A visit as bytes. */
export function visitTo(site: string, page: string): Buffer {
  return bytesOf({ method: "POST", target: "/v1/visits", headers: [], body: JSON.stringify({ site, page }) });
}

/** Something that counts nothing. */
const PING = bytesOf({ method: "HEAD", target: "/v1/health", headers: [], body: "" });

/**
 * Sends requests at a steady rate, whatever the answers: each when it is due, on a connection that is free, of at most `connections`.
 * What is due while none is free waits for one, and its latency tells so. All connections are open before, as those of a proxy are:
 * Node accepts one in each turn of its loop, however many requests there are in one.
 *
 * @param options.perSecond `Infinity`: as many as are answered
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
  const result: Flow = { sent: 0, statuses: new Map(), latencies: [], rude: 0 };
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
      if (answer && status !== 200 && !/^[1-9]\d*$/.test(answer.headers["retry-after"] ?? "")) result.rude += 1;
      if (status === 200) result.latencies.push(performance.now() - due);
      if (answer) onAnswer?.(answer);
    }
  }

  await Promise.all(lines.map(client)).finally(() => {
    for (const line of lines) line.close();
  });
  return result;
}

/** The statuses as text, the most frequent first. */
export function statusesOf({ statuses }: Flow): string {
  const sorted = [...statuses].sort(([, one], [, other]) => other - one);
  return sorted.map(([status, count]) => `${count} × ${status || "no answer"}`).join(", ");
}
