import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { countRequests } from "./exchanges.ts";

/**
 * What happens to an exchange: it passes; its answer is lost after the request was passed on; its answer comes late; the connection is
 * reset before the request is passed on; the request is passed on, and then the connection is half open: nobody closes it, and nothing
 * comes; it is reset in the middle of the answer; the answer comes a few bytes at a time.
 */
const FATES = ["pass", "drop", "delay", "reset", "hang", "cut", "drip"] as const;
export type Fate = (typeof FATES)[number];
/** Every fault. */
export const FAULTS = FATES.filter((fate) => fate !== "pass");

/** A TCP proxy that makes faults, on a port of 127.0.0.1. */
export interface FaultProxy {
  /** `127.0.0.1:PORT`, as `DATASTORE_EMULATOR_HOST` wants it. */
  readonly host: string;
  /** How many exchanges met each fate. */
  readonly fates: Readonly<Record<Fate, number>>;
  /** From now on every exchange passes. */
  calm(): void;
  /** Cuts every connection, and every new one until it is switched off. */
  outage(on: boolean): void;
  stop(): Promise<void>;
}

/** Later than a batch's attempt waits (2 s), in milliseconds. */
const DELAY_MS = 2_500;
/** An answer that drips comes in so many parts, with such a pause before each. */
const DRIPS = 8;
const DRIP_MS = 25;
/** At most so many answers are late or never come within the window, so that a batch (6 s) can still meet its deadline. */
const DELAYS_MAX = 2;
const DELAYS_WINDOW_MS = 7_000;

/**
 * Starts a proxy that decides by a seeded generator what happens to each exchange: an HTTP/1.1 request and its answer, or, over HTTP/2
 * (gRPC), whatever a connection carries when a request begins.
 *
 * @param options.target `host:port`
 * @param options.rate the part of exchanges that meet a fault, 0 to 1
 * @param options.faults which faults; a lost, a late and a reset one where absent
 */
export async function startFaultProxy(options: {
  target: string;
  seed: number;
  rate: number;
  faults?: readonly Exclude<Fate, "pass">[];
  delayMs?: number;
}): Promise<FaultProxy> {
  const { rate, faults = ["drop", "delay", "reset"], delayMs = DELAY_MS } = options;
  const target = new URL(`http://${options.target}`);
  const random = createRandom(options.seed);
  const fates = { pass: 0, drop: 0, delay: 0, reset: 0, hang: 0, cut: 0, drip: 0 };
  const sockets = new Set<Socket>();
  const delays: number[] = [];
  let calm = false;
  let outage = false;

  function decide(): Fate {
    // Both are always drawn: which exchange meets which fate depends on its number alone.
    const [hit, which] = [random() < rate, random()];
    const fault = faults[Math.floor(which * faults.length)] ?? "pass";
    const stalls = fault === "delay" || fault === "hang";
    const fate = calm || !hit || (stalls && !mayStall()) ? "pass" : fault;
    fates[fate] += 1;
    return fate;
  }

  function mayStall(): boolean {
    const now = Date.now();
    while ((delays[0] ?? now) < now - DELAYS_WINDOW_MS) delays.shift();
    return delays.length < DELAYS_MAX && delays.push(now) > 0;
  }

  const server = createServer((client) => {
    if (outage) client.resetAndDestroy();
    else serve(client);
  });

  function serve(client: Socket): void {
    const upstream = connect(Number(target.port), target.hostname);
    const exchanges = countRequests();
    /** What is to become of the answer that comes next. */
    let answer: Fate = "pass";
    let late: NodeJS.Timeout | undefined;
    for (const [socket, other] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(socket.setNoDelay());
      // A connection that fails is a connection that closes: here, just one more fault.
      socket.on("error", () => {}).on("end", () => other.end());
      socket.on("close", () => {
        sockets.delete(socket);
        clearTimeout(late);
        other.destroy();
      });
    }
    client.on("data", (chunk) => {
      for (let begun = exchanges.sent(chunk); begun > 0; begun -= 1) {
        const fate = decide();
        if (fate === "reset") {
          client.resetAndDestroy();
          return;
        }
        if (fate === "delay") {
          upstream.pause();
          clearTimeout(late);
          late = setTimeout(() => upstream.resume(), delayMs);
        } else if (answer === "pass") answer = fate;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (answer === "hang") return;
      if (!exchanges.answered(chunk) || answer === "pass") {
        client.write(chunk);
        return;
      }
      if (answer === "drop") client.destroy();
      if (answer === "cut") client.write(chunk.subarray(0, chunk.length >> 1), () => client.resetAndDestroy());
      if (answer === "drip") {
        answer = "pass";
        upstream.pause();
        void drip(client, chunk).then(() => upstream.resume());
      }
    });
  }

  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    host: `127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    fates,
    calm() {
      calm = true;
    },
    outage(on) {
      outage = on;
      if (on) cut();
    },
    async stop() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function drip(socket: Socket, chunk: Buffer): Promise<void> {
  const size = Math.ceil(chunk.length / DRIPS);
  for (let start = 0; start < chunk.length && !socket.destroyed; start += size) {
    await sleep(DRIP_MS);
    socket.write(chunk.subarray(start, start + size));
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
