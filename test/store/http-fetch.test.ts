import { execFileSync } from "node:child_process";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeAll, expect, test } from "vitest";
import { createHttpFetch } from "../../src/platform/node/http-fetch.ts";
import { requires } from "../support/skip.ts";

const TIMEOUT_MS = 5_000;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanups.splice(0)) cleanUp();
});

/** Listens on a port of its own; `sockets` are the connections so far. */
async function listen(server: Server): Promise<{ origin: string; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  server.on("connection", (socket: Socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

/** A server that does one thing with each connection, once a request has come. */
function behaving(behave: (socket: Socket) => unknown): Server {
  return createServer((socket) => void socket.once("data", () => behave(socket)));
}

/** Answers what it was asked. */
const echo: RequestListener = async (request, response) => {
  const body = (await request.setEncoding("utf8").toArray()).join("");
  const { method, url, headers } = request;
  response.end(JSON.stringify({ method, url, host: headers.host, word: headers["x-word"], body }));
};
const post = (word: string) => ({ method: "POST", headers: { "X-Word": word }, body: `{"é":"${word}"}`, timeoutMs: TIMEOUT_MS });

test("sends method, path, headers and body, and reads the answer", async () => {
  const { origin } = await listen(createHttpServer(echo));
  const answer = await createHttpFetch()(`${origin}/v1/projects/p:commit?a=b`, post("hello"));
  expect([answer.ok, answer.status]).toEqual([true, 200]);
  expect(await answer.json()).toEqual({
    method: "POST",
    url: "/v1/projects/p:commit?a=b",
    host: new URL(origin).host,
    word: "hello",
    body: '{"é":"hello"}',
  });
});

test("reads an answer that is no success, in chunks that cut a character in two", async () => {
  const pieces = [Buffer.from([0xc3]), Buffer.from([0xa9])];
  const { origin } = await listen(
    createHttpServer(async (_, response) => {
      response.writeHead(409);
      for (const piece of pieces) {
        response.write(piece);
        await sleep(20);
      }
      response.end();
    }),
  );
  const answer = await createHttpFetch()(origin, post("x"));
  expect([answer.ok, answer.status, await answer.text()]).toEqual([false, 409, "é"]);
});

test("uses a connection again, one request at a time, and bounds how many there are", async () => {
  const { origin, sockets } = await listen(createHttpServer(echo));
  const fetch = createHttpFetch();
  for (const word of ["one", "two", "three"]) expect(await (await fetch(origin, post(word))).json()).toMatchObject({ word });
  expect(sockets).toHaveLength(1);
  const words = Array.from({ length: 400 }, (_, index) => `word-${index}`);
  const answers = await Promise.all(words.map(async (word) => (await fetch(origin, post(word))).json()));
  expect(answers.map((answer) => (answer as { word: string }).word)).toEqual(words);
  expect(sockets.length).toBeLessThanOrEqual(256);
});

test("takes another connection where the server has closed the idle one", async () => {
  const { origin, sockets } = await listen(createHttpServer(echo));
  const fetch = createHttpFetch();
  await fetch(origin, post("one"));
  sockets[0]?.destroy();
  await sleep(50);
  expect((await fetch(origin, post("two"))).ok).toBe(true);
  expect(sockets).toHaveLength(2);
});

test("fails with a TimeoutError where the answer is late, and never uses that connection again", async () => {
  const { origin, sockets } = await listen(
    behaving((socket) => setTimeout(() => socket.destroyed || socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"), 100)),
  );
  const fetch = createHttpFetch();
  await expect(fetch(origin, { headers: {}, timeoutMs: 20 })).rejects.toThrow(expect.objectContaining({ name: "TimeoutError" }));
  expect(await (await fetch(origin, { headers: {}, timeoutMs: TIMEOUT_MS })).text()).toBe("late");
  expect(sockets).toHaveLength(2);
});

test("fails with a TimeoutError where the answer stops in its middle", async () => {
  const { origin } = await listen(behaving((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nla")));
  await expect(createHttpFetch()(origin, { headers: {}, timeoutMs: 50 })).rejects.toThrow(
    expect.objectContaining({ name: "TimeoutError" }),
  );
});

test("fails with a TimeoutError where no connection is free in time", async () => {
  const { origin } = await listen(behaving(() => {}));
  const fetch = createHttpFetch();
  const stuck = Array.from({ length: 300 }, () => fetch(origin, { headers: {}, timeoutMs: 1_000 }));
  const settled = Promise.allSettled(stuck);
  const begun = Date.now();
  await expect(fetch(origin, { headers: {}, timeoutMs: 50 })).rejects.toThrow(expect.objectContaining({ name: "TimeoutError" }));
  expect(Date.now() - begun).toBeLessThan(900);
  expect(new Set((await settled).map(({ status }) => status))).toEqual(new Set(["rejected"]));
});

test("sends nothing where no time is left", async () => {
  const { origin, sockets } = await listen(createHttpServer(echo));
  await expect(createHttpFetch()(origin, { headers: {}, timeoutMs: 0 })).rejects.toThrow(expect.objectContaining({ name: "TimeoutError" }));
  await sleep(20);
  expect(sockets).toHaveLength(0);
});

test.each([
  ["the server hangs up", (socket: Socket) => socket.end()],
  ["the connection is reset", (socket: Socket) => socket.resetAndDestroy()],
  ["the answer is not HTTP", (socket: Socket) => socket.end("SSH-2.0-OpenSSH\r\n\r\n")],
  ["the answer is cut in its head", (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Le")],
  ["the answer is cut in its body", (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")],
  ["the answer is cut between chunks", (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")],
  ["the answer has two lengths", (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")],
])("fails, long before its time is over, where %s", async (_, behave) => {
  const { origin } = await listen(behaving(behave));
  await expect(createHttpFetch()(origin, post("x"))).rejects.toThrow(expect.not.objectContaining({ name: "TimeoutError" }));
});

test("fails where nobody listens", async () => {
  const { origin } = await listen(createHttpServer(echo));
  for (const cleanUp of cleanups.splice(0)) cleanUp();
  await expect(createHttpFetch()(origin, post("x"))).rejects.toThrow("ECONNREFUSED");
});

requires("openssl")("over TLS", () => {
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const create = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "1",
    ...subject,
    "-keyout",
    "-",
  ];
  let pem = "";
  let certificate = "";
  beforeAll(() => {
    pem = execFileSync("openssl", create, { encoding: "utf8", stdio: "pipe" });
    certificate = pem.slice(pem.indexOf("-----BEGIN CERTIFICATE"));
  });

  function trust(): void {
    const before = getCACertificates();
    cleanups.push(() => setDefaultCACertificates(before));
    setDefaultCACertificates([...before, certificate]);
  }

  test("asks a server whose certificate is trusted, over a connection that it uses again", async () => {
    trust();
    const { origin, sockets } = await listen(createHttpsServer({ key: pem, cert: pem }, echo));
    const url = origin.replace("http://127.0.0.1", "https://localhost");
    const fetch = createHttpFetch();
    for (const word of ["one", "two"]) expect(await (await fetch(url, post(word))).json()).toMatchObject({ word, host: new URL(url).host });
    expect(sockets).toHaveLength(1);
  });

  test("tells nothing to a server whose certificate is not trusted, or is another host's", async () => {
    let asked = 0;
    const { origin } = await listen(
      createHttpsServer({ key: pem, cert: pem }, () => {
        asked += 1;
      }),
    );
    const fetch = createHttpFetch();
    await expect(fetch(origin.replace("http://127.0.0.1", "https://localhost"), post("x"))).rejects.toThrow("self-signed certificate");
    trust();
    await expect(fetch(origin.replace("http", "https"), post("x"))).rejects.toThrow("does not match certificate's altnames");
    expect(asked).toBe(0);
  });
});
