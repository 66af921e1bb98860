// Loaded into a server before its own code (`node --import`), so that what is observed is the very file that is shipped. At each SIGUSR2
// it prints one line about the time since the last one: the calls to Datastore, by gRPC or REST, and how long the event loop stood still.
import { subscribe } from "node:diagnostics_channel";
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** What a server saw since it was asked last. */
export interface Observation {
  readonly commits: number;
  /** The median from a commit's sending to its answer. */
  readonly commitMs: number;
  /** Calls over gRPC as a share of all. */
  readonly grpc: number;
  /** The longest time that the event loop stood still. */
  readonly stallMs: number;
  /** How long its threads computed. */
  readonly cpuMs: number;
  readonly rssMb: number;
}

const METHOD = "POST ";

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

const begun = new WeakMap<object, number>();
const commits: number[] = [];
const calls = { grpc: 0, rest: 0 };
let cpu = process.cpuUsage();

function begin(call: object, path: string, kind: "grpc" | "rest"): void {
  if (/(?:\/|:)(?:commit)$/i.test(path)) {
    begun.set(call, performance.now());
    calls[kind] += 1;
  }
}

function end(call: object): void {
  const since = begun.get(call);
  begun.delete(call);
  if (since !== undefined) commits.push(performance.now() - since);
}

interface Stream {
  readonly stream: object;
  readonly headers: Record<string, string>;
}
subscribe("http2.client.stream.created", (message) =>
  begin((message as Stream).stream, (message as Stream).headers[":path"] ?? "", "grpc"),
);
subscribe("http2.client.stream.close", (message) => end((message as Stream).stream));
// REST has a connection to itself while it is asked: its request is one write, its answer begins with the next data.
const { write } = Socket.prototype;
Socket.prototype.write = function (this: Socket, ...args: [string]) {
  const [text] = args;
  if (typeof text === "string" && text.startsWith(METHOD)) {
    begin(this, text.slice(METHOD.length, text.indexOf(" ", METHOD.length)), "rest");
    this.prependOnceListener("data", () => end(this));
  }
  return write.apply(this, args);
};

process.on("SIGUSR2", () => {
  const sorted = commits.toSorted((a, b) => a - b);
  const { user, system } = process.cpuUsage(cpu);
  const observation: Observation = {
    commits: commits.length,
    commitMs: sorted[sorted.length >> 1] ?? 0,
    grpc: calls.grpc / Math.max(1, calls.grpc + calls.rest),
    stallMs: delay.max / 1e6,
    cpuMs: (user + system) / 1e3,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
  };
  commits.length = 0;
  calls.grpc = 0;
  calls.rest = 0;
  delay.reset();
  cpu = process.cpuUsage();
  writeSync(2, `observed ${JSON.stringify(observation)}\n`);
});
