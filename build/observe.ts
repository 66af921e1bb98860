// Loaded into a server before its own code (`node --import`), so that the very file that ships is observed. At each SIGUSR2 it prints one
// line about the time since the last one: commits to Datastore, over gRPC or REST, and how long the event loop stood still.
import { subscribe } from "node:diagnostics_channel";
import { writeSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** What a server saw since it was asked last. */
export interface Observation {
  readonly commits: number;
  /** The median from a commit's sending to its answer. */
  readonly commitMs: number;
  /** Commits over gRPC as a share of all. */
  readonly grpc: number;
  /** The longest time that the event loop stood still. */
  readonly stallMs: number;
  /** How long its threads computed. */
  readonly cpuMs: number;
  readonly rssMb: number;
}

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

const begun = new WeakMap<object, number>();
const commits: number[] = [];
const calls = { grpc: 0, rest: 0 };
let cpu = process.cpuUsage();

function begin(call: object, path: string, kind: keyof typeof calls): void {
  if (!/[/:]commit$/i.test(path)) return;
  begun.set(call, performance.now());
  calls[kind] += 1;
}

function end(call: object): void {
  const since = begun.get(call);
  if (begun.delete(call) && since !== undefined) commits.push(performance.now() - since);
}

/** What the channels tell. */
interface Message {
  readonly request: { readonly path: string };
  readonly stream: object;
  readonly headers: Readonly<Record<string, string>>;
}
const on = (channel: string, listen: (message: Message) => void) => subscribe(channel, (message) => listen(message as Message));
on("http2.client.stream.created", ({ stream, headers }) => begin(stream, headers[":path"] ?? "", "grpc"));
on("http2.client.stream.close", ({ stream }) => end(stream));
on("http.client.request.start", ({ request }) => begin(request, request.path, "rest"));
on("http.client.response.finish", ({ request }) => end(request));

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
