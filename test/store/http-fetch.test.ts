import { execFileSync } from "node:child_process";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { createHttpClient } from "../../src/platform/node/http-client.ts";
import { type Answer, readAnswer } from "../../src/platform/node/read-answer.ts";
import { requires } from "../support/skip.ts";

/** Reads an answer whose bytes come in pieces; with `ends` the connection ends behind them. */
function read(pieces: readonly Buffer[], ends = false): Answer {
  const reading = readAnswer();
  reading.next();
  for (const piece of [...pieces, ...(ends ? [null] : [])]) {
    const read = reading.next(piece);
    if (read.done) return read.value;
  }
  throw new Error("not there yet");
}

/** Cuts bytes at the places that are named. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

function chunked(body: string, sizes: readonly number[]): string {
  const pieces = cut(Buffer.from(body, "latin1"), sizes).filter(({ length }) => length > 0);
  return `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece.toString("latin1")}\r\n`).join("")}0\r\n\r\n`;
}

describe("an answer", () => {
  const pieces = fc.array(fc.nat(400), { maxLength: 12 });
  const text = fc
    .string({ unit: fc.constantFrom("a", "\r", "\n", "0", "{", "ü"), maxLength: 200 })
    .map((s) => Buffer.from(s).toString("latin1"));

  test("is the same however its bytes are cut, with a length, in chunks, and behind an interim one", () => {
    fc.assert(
      fc.property(text, pieces, pieces, fc.boolean(), fc.boolean(), (body, places, sizes, inChunks, isInterim) => {
        const head = inChunks ? "Transfer-Encoding: chunked" : `content-length:${body.length}`;
        const interim = isInterim ? "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" : "";
        const bytes = Buffer.from(`${interim}HTTP/1.1 200 OK\r\n${head}\r\n\r\n${inChunks ? chunked(body, sizes) : body}`, "latin1");
        const answer = read(cut(bytes, places));
        expect(answer).toEqual({ status: 200, body: Buffer.from(body, "latin1"), keepsOpen: true });
      }),
    );
  });

  test.each([
    ["its length is there", "HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}", { status: 409, body: "{}", keepsOpen: true }],
    ["it has no reason phrase", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", { status: 200, body: "", keepsOpen: true }],
    ["its status allows no body", "HTTP/1.1 204 No Content\r\n\r\n", { status: 204, body: "", keepsOpen: true }],
    [
      "its status allows no body, whatever it says",
      "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
      { status: 304, body: "", keepsOpen: true },
    ],
    [
      "its length is said twice",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length:\t1 \r\n\r\na",
      { status: 200, body: "a", keepsOpen: true },
    ],
    [
      "it has a length and chunks, of which the chunks count",
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
      { status: 200, body: "a", keepsOpen: false },
    ],
    [
      "a chunk has an extension, and trailers follow",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=1\r\nab\r\n0\r\nA: b\r\n\r\n",
      { status: 200, body: "ab", keepsOpen: true },
    ],
    [
      "the server says that it closes",
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na",
      { status: 200, body: "a", keepsOpen: false },
    ],
    ["it is of HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", { status: 200, body: "a", keepsOpen: false }],
    ["more than the answer came", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc", { status: 200, body: "a", keepsOpen: false }],
    ["its length has zeros before", "HTTP/1.1 200 OK\r\nContent-Length: 001\r\n\r\na", { status: 200, body: "a", keepsOpen: true }],
    [
      "its coding only sounds like chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: unchunked\r\n\r\n1",
      { status: 200, body: "1", keepsOpen: false },
    ],
    ["it ends with its connection", "HTTP/1.0 502 Bad Gateway\r\n\r\noops", { status: 502, body: "oops", keepsOpen: false }],
  ])("is read where %s", (_, text, expected) => {
    const { body, ...rest } = read([Buffer.from(text, "latin1")], true);
    expect({ ...rest, body: body.toString("latin1") }).toEqual(expected);
  });

  test.each([
    ["it breaks off in its head", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["it breaks off in its body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"],
    ["it breaks off between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"],
    ["a chunk has no size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nab\r\n0\r\n\r\n"],
    ["a chunk is longer than it says", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"],
    ["it has two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ...["0x1", "-1", "1.5", "1e0", "NaN", "Infinity", ""].map((length) => [
      `its length is ${JSON.stringify(length)}`,
      `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\na`,
    ]),
    ["it is of another protocol", "SSH-2.0-OpenSSH\r\n\r\n"],
    ...["2xx", "9e9", "NaN", "099", "20", ""].map((status) => [
      `its status is ${JSON.stringify(status)}`,
      `HTTP/1.1 ${status} OK\r\nContent-Length: 0\r\n\r\n`,
    ]),
    ["it is HTTP/2", "HTTP/2 200\r\n\r\n"],
    ["its head has no end", `HTTP/1.1 200 OK\r\nA: ${"a".repeat(20_000)}`],
  ])("is none where %s", (_, text) => {
    expect(() => read([Buffer.from(text, "latin1")], true)).toThrow(/^the (?:answer|connection) /);
  });
});

describe("the client", () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  /** Listens on a port of its own; `sockets` are the connections that have come. */
  async function listen(server: Server): Promise<{ origin: string; sockets: Socket[] }> {
    const sockets: Socket[] = [];
    server.on("connection", (socket: Socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
  }

  /** Says what it was asked. */
  const echo: RequestListener = async (request, response) => {
    const body = (await request.setEncoding("utf8").toArray()).join("");
    const { method, url, headers } = request;
    response.end(JSON.stringify({ method, url, host: headers.host, word: headers["x-word"], body }));
  };
  const post = (word: string) => ({
    method: "POST",
    headers: { "X-Word": word },
    body: `{"é":"${word}"}`,
    timeoutMs: 5_000,
  });

  test("sends method, path, headers and body, and reads the answer", async () => {
    const { origin } = await listen(createHttpServer(echo));
    const answer = await createHttpClient().send(`${origin}/v1/projects/p:commit?a=b`, post("hello"));
    expect([answer.ok, answer.status]).toEqual([true, 200]);
    expect(await answer.json()).toEqual({
      method: "POST",
      url: "/v1/projects/p:commit?a=b",
      host: new URL(origin).host,
      word: "hello",
      body: '{"é":"hello"}',
    });
  });

  test("uses a connection again, one request at a time, and one that was opened before", async () => {
    const { origin, sockets } = await listen(createHttpServer(echo));
    const { send, open } = createHttpClient();
    open(origin);
    await expect.poll(() => sockets.length).toBe(1);
    for (const word of ["one", "two", "three"]) expect(await (await send(origin, post(word))).json()).toMatchObject({ word });
    expect(sockets).toHaveLength(1);
    const words = Array.from({ length: 100 }, (_, index) => `word-${index}`);
    const answers = await Promise.all(words.map(async (word) => (await send(origin, post(word))).json()));
    expect(answers.map((answer) => (answer as { word: string }).word)).toEqual(words);
    // Not all of them are kept; the next requests find some that are.
    await Promise.all(words.slice(0, 20).map((word) => send(origin, post(word))));
    expect(sockets).toHaveLength(100);
  });

  test("takes another connection where the server has closed the idle one", async () => {
    const { origin, sockets } = await listen(createHttpServer(echo));
    const { send } = createHttpClient();
    await send(origin, post("one"));
    sockets[0]?.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await send(origin, post("two"))).ok).toBe(true);
    expect(sockets).toHaveLength(2);
  });

  test("fails where the answer takes too long, and never uses that connection again", async () => {
    const { origin, sockets } = await listen(
      createServer(
        (socket) =>
          void socket.once("data", () =>
            setTimeout(() => socket.destroyed || socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"), 100),
          ),
      ),
    );
    const { send } = createHttpClient();
    await expect(send(origin, { headers: {}, timeoutMs: 20 })).rejects.toThrow(expect.objectContaining({ name: "TimeoutError" }));
    expect(await (await send(origin, { headers: {}, timeoutMs: 5_000 })).text()).toBe("late");
    expect(sockets).toHaveLength(2);
    await expect(send(`${origin}/never-begun`, { headers: {}, timeoutMs: 0 })).rejects.toThrow(
      expect.objectContaining({ name: "TimeoutError" }),
    );
    expect(sockets).toHaveLength(2);
  });

  test.each([
    ["nobody listens", null, "ECONNREFUSED"],
    ["the server hangs up", (socket: Socket) => socket.end(), "the connection ended"],
    ["the connection is reset", (socket: Socket) => socket.resetAndDestroy(), "ECONNRESET"],
    ["the answer is none", (socket: Socket) => socket.end("hello\r\n\r\n"), "not HTTP/1.1"],
  ])("fails where %s", async (_, behave, message) => {
    const { origin } = await listen(createServer((socket) => void socket.once("data", () => behave?.(socket))));
    if (!behave) for (const end of ends.splice(0)) end();
    const { send, open } = createHttpClient();
    // A connection that could not be opened ahead of time is nobody's failure.
    open(origin);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(send(origin, post("x"))).rejects.toThrow(message);
  });

  requires("openssl")("over TLS", () => {
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
      "-subj",
      "/CN=localhost",
    ];
    let pem = "";
    let certificate = "";
    beforeAll(() => {
      pem = execFileSync("openssl", [...create, "-addext", "subjectAltName=DNS:localhost", "-keyout", "-"], {
        encoding: "utf8",
        stdio: "pipe",
      });
      certificate = pem.slice(pem.indexOf("-----BEGIN CERTIFICATE"));
    });

    function trust(): void {
      const before = getCACertificates();
      ends.push(() => setDefaultCACertificates(before));
      setDefaultCACertificates([...before, certificate]);
    }

    test("asks a server whose certificate is trusted, over a connection that it uses again", async () => {
      trust();
      const { origin, sockets } = await listen(createHttpsServer({ key: pem, cert: pem }, echo));
      const url = origin.replace("http://127.0.0.1", "https://localhost");
      const { send, open } = createHttpClient();
      open(url);
      await expect.poll(() => sockets.length).toBe(1);
      for (const word of ["one", "two"])
        expect(await (await send(url, post(word))).json()).toMatchObject({ word, host: new URL(url).host });
      expect(sockets).toHaveLength(1);
    });

    test("tells nothing to a server whose certificate is not, or is another host's", async () => {
      let asked = 0;
      const { origin } = await listen(
        createHttpsServer({ key: pem, cert: pem }, () => {
          asked += 1;
        }),
      );
      await expect(createHttpClient().send(origin.replace("http://127.0.0.1", "https://localhost"), post("x"))).rejects.toThrow(
        "self-signed certificate",
      );
      trust();
      await expect(createHttpClient().send(origin.replace("http", "https"), post("x"))).rejects.toThrow(
        "does not match certificate's altnames",
      );
      expect(asked).toBe(0);
    });
  });
});
