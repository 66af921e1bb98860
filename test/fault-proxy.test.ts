import { createServer, type Server } from "node:http";
import { type ClientHttp2Session, connect, createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type Fate, type FaultProxy, startFaultProxy } from "./support/fault-proxy.ts";

const started: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.close();
});

/** A backend that counts what reaches it. */
async function startBackend<T extends Server | Http2Server>(server: T): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  started.push(server);
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startProxy(options: Parameters<typeof startFaultProxy>[0]): Promise<FaultProxy> {
  const proxy = await startFaultProxy(options);
  started.push({ close: () => proxy.stop() });
  return proxy;
}

/** When a request is given up. */
const PATIENCE_MS = 1_000;

/** Sends requests one after the other, on kept connections, and says of each whether it was answered. */
async function send(host: string, count: number): Promise<boolean[]> {
  const answers: boolean[] = [];
  for (let index = 0; index < count; index += 1) {
    const response = await fetch(`http://${host}/`, {
      method: "POST",
      body: "x".repeat(1_000),
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch(() => null);
    answers.push((await response?.text().catch(() => null)) === "done");
  }
  return answers;
}

/** A backend that tells of every request that reaches it whole. */
function startCounting(onRequest: () => void) {
  return startBackend(
    createServer((request, response) => {
      request.resume().on("end", () => {
        onRequest();
        response.end("done");
      });
    }),
  );
}

test("decides the same for the same seed, on kept connections, and does what it counts", async () => {
  let reached = 0;
  const target = await startCounting(() => {
    reached += 1;
  });
  const runs = [];
  for (let run = 0; run < 2; run += 1) {
    const proxy = await startProxy({ target, seed: 7, rate: 0.3, faults: ["drop", "reset"] });
    reached = 0;
    const answers = await send(proxy.host, 100);
    expect(answers.filter(Boolean)).toHaveLength(proxy.fates.pass);
    expect(reached).toBe(proxy.fates.pass + proxy.fates.drop);
    expect(Math.min(proxy.fates.drop, proxy.fates.reset)).toBeGreaterThan(5);
    runs.push(answers);
  }
  expect(runs[1]).toEqual(runs[0]);
});

test("delays an answer, at most twice in a batch's time", async () => {
  const target = await startBackend(createServer((_, response) => response.end("done")));
  const proxy = await startProxy({ target, seed: 1, rate: 1, faults: ["delay"], delayMs: 300 });
  const begun = performance.now();
  expect(await send(proxy.host, 4)).toEqual([true, true, true, true]);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(598);
  expect(proxy.fates).toMatchObject({ pass: 2, delay: 2 });
});

test("half opens a connection, resets one within an answer, and drips an answer whole", async () => {
  let reached = 0;
  const target = await startCounting(() => {
    reached += 1;
  });
  for (const [fault, answered] of [["hang", false] as const, ["cut", false] as const, ["drip", true] as const]) {
    const proxy = await startProxy({ target, seed: 1, rate: 1, faults: [fault] });
    reached = 0;
    expect(await send(proxy.host, 2), fault).toEqual([answered, answered]);
    expect([reached, proxy.fates[fault]], fault).toEqual([2, 2]);
  }
});

test("cuts everything in an outage, and passes everything once calm", async () => {
  const target = await startBackend(createServer((_, response) => response.end("done")));
  const proxy = await startProxy({ target, seed: 1, rate: 1, faults: ["reset"] });
  proxy.calm();
  expect(await send(proxy.host, 2)).toEqual([true, true]);
  proxy.outage(true);
  expect(await send(proxy.host, 2)).toEqual([false, false]);
  proxy.outage(false);
  expect(await send(proxy.host, 2)).toEqual([true, true]);
});

test.each<{ fault: Exclude<Fate, "pass">; reaches: number; answered: boolean }>([
  { fault: "reset", reaches: 0, answered: false },
  { fault: "drop", reaches: 1, answered: false },
  { fault: "delay", reaches: 1, answered: true },
  { fault: "hang", reaches: 1, answered: false },
  { fault: "cut", reaches: 1, answered: false },
  { fault: "drip", reaches: 1, answered: true },
])("over HTTP/2 a request that meets $fault reaches the backend $reaches times", async ({ fault, reaches, answered }) => {
  let reached = 0;
  const server = createHttp2Server();
  server.on("stream", (stream) => {
    reached += 1;
    stream.respond({ ":status": 200 });
    stream.end("done");
  });
  const proxy = await startProxy({ target: await startBackend(server), seed: 1, rate: 1, faults: [fault], delayMs: 200 });
  const session = connect(`http://${proxy.host}`).on("error", () => {});
  started.push(session);
  expect(await request(session)).toBe(answered);
  expect(reached).toBe(reaches);
  expect(proxy.fates[fault]).toBe(1);
});

function request(session: ClientHttp2Session): Promise<boolean> {
  return new Promise((resolve) => {
    const stream = session.request({ ":path": "/" });
    let status = 0;
    stream.on("response", (headers) => {
      status = Number(headers[":status"]);
    });
    stream.on("error", () => {}).on("close", () => resolve(status === 200));
    stream.setTimeout(PATIENCE_MS, () => stream.close());
    stream.resume().end();
  });
}
