import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { freePort } from "../../build/process.ts";
import { newSite } from "../support/http.ts";
import { requires } from "../support/skip.ts";
import { serving } from "./place.ts";
import { nodeOnDatastore, nodeOnSqlite } from "./rows.ts";
import { OPEN } from "./service/rig.ts";

/** Longer than any limit here. */
const PATIENCE_MS = 30_000;
const HEAD = "POST /v1/visits HTTP/1.1\r\nHost: localhost\r\n";

/** Sends text as it is over a connection of its own, and answers all that comes back until the server closes it. */
async function raw(url: string, text: string, finish: (received: string) => boolean = () => false): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setEncoding("latin1").setTimeout(PATIENCE_MS, () => socket.destroy(new Error("the server keeps the connection open")));
  socket.write(text);
  let received = "";
  try {
    for await (const part of socket) {
      received += part;
      if (finish(received)) break;
    }
  } catch (error) {
    // A reset after the answer is as good as an end.
    if (received === "") throw error;
  }
  socket.destroy();
  return received;
}

const heads = (received: string) => received.match(/HTTP\/1\.1 \d{3}/g) ?? [];

/** What Node itself refuses is answered as the service answers. */
function expectProblem(received: string, status: number, code: string): void {
  const [head = "", body = ""] = received.split("\r\n\r\n");
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(head).toMatch(/^Content-Type: application\/problem\+json\r$/im);
  expect(head).toMatch(/^Access-Control-Allow-Origin: \*\r$/im);
  expect(head).toMatch(/^X-Request-Id: [\w-]{8,}\r$/im);
  expect(JSON.parse(body)).toMatchObject({ type: `urn:footfall:${code}`, status, detail: expect.stringContaining("allowed") });
}

describe("what a client may take of the Node server", () => {
  test.concurrent("headers of 32 KiB at most, else 431; a URL of 16 KiB at most, else 414", async () => {
    await serving(nodeOnSqlite, OPEN, async ({ send }, { url }) => {
      expectProblem(await raw(url, `${HEAD}X-Long: ${"x".repeat(33_000)}\r\n\r\n`), 431, "too-large");
      const long = await send(`GET /v1/visits?more=${"x".repeat(17_000)}`);
      expect(long).toMatchObject({ status: 414, headers: { "access-control-allow-origin": "*" } });
      expect(long.json()).toMatchObject({ type: "urn:footfall:uri-too-long", detail: expect.stringMatching(/16384/) });
      expect((await send("GET /v1/visits", { headers: { "X-Long": "x".repeat(30_000) } })).status).toBe(200);
    });
  });

  test.concurrent("a URL in ASCII, else a 400 that says how other characters are sent", async () => {
    await serving(nodeOnSqlite, OPEN, async ({ send }, { url }) => {
      const received = await raw(url, "GET /v1/visits?page=/café HTTP/1.1\r\nHost: localhost\r\n\r\n");
      expectProblem(received, 400, "invalid-input");
      expect(received).toContain("percent-encoded");
      expect((await send("GET /v1/visits?page=/caf%C3%A9")).json().pages).toMatchObject([{ page: "/caf%C3%A9" }]);
    });
  });

  test.concurrent("a refused body of 8 MiB leaves its connection usable", async () => {
    await serving(nodeOnSqlite, OPEN, async (_, { url }) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const { hostname, port } = new URL(url);
      const post = async (bytes: number) => {
        const headers = { "Content-Length": String(bytes) };
        const sending = request({ agent, hostname, port, method: "POST", path: "/v1/import", headers }).end(Buffer.alloc(bytes, " "));
        const [[response]] = await Promise.all([once(sending, "response"), once(sending, "finish")]);
        await once(response.resume(), "close");
        return [response.statusCode, sending.socket?.localPort];
      };
      const [status, connection] = await post(8 * 1_024 * 1_024);
      expect(status).toBe(401);
      expect(await post(8 * 1_024 * 1_024)).toEqual([401, connection]);
      expect(await post(10)).toEqual([401, connection]);
      agent.destroy();
    });
  });

  test.concurrent("what is no HTTP is refused, and an expectation that nobody knows is none", async () => {
    await serving(nodeOnSqlite, OPEN, async (_, { url }) => {
      for (const text of [
        "GET /v1/visits?page=/\u00e9 HTTP/1.1\r\nHost: x\r\n\r\n",
        "nonsense\r\n\r\n",
        `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
        `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n`,
      ])
        expectProblem(await raw(url, text), 400, "invalid-input");
      const counted = await raw(url, `${HEAD}Expect: wonders\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      expect(counted).toMatch(/^HTTP\/1\.1 200 [\s\S]*"counted":true/);
    });
  });

  test.concurrent("not a connection on which no request's headers end", async () => {
    await serving(nodeOnSqlite, OPEN, async ({ send }, { url, output }) => {
      const site = newSite();
      const [silent, slow, half] = await Promise.all([
        raw(url, ""),
        raw(url, HEAD),
        raw(url, `${HEAD}Content-Length: 0\r\n\r\n${HEAD}`),
        send("POST /visits", { body: { site } }),
      ]);
      expect(heads(silent)).toEqual(["HTTP/1.1 408"]);
      expectProblem(slow, 408, "invalid-input");
      expect(heads(half)).toEqual(["HTTP/1.1 200", "HTTP/1.1 408"]);
      expect((await send(`GET /visits?site=${site}`)).json()).toMatchObject({ siteVisits: 1 });
      expect(output()).not.toMatch(/"severity":"(?:ERROR|WARNING)"/);
    });
  });

  test.concurrent("requests that are sent without waiting are answered in order, also where rubbish follows", async () => {
    await serving(nodeOnSqlite, OPEN, async (_, { url }) => {
      const ids = Array.from({ length: 100 }, (_, index) => `request-${index}`);
      const visits = ids.map((id) => `${HEAD}X-Request-Id: ${id}\r\nContent-Length: 0\r\n\r\n`);
      const received = await raw(url, `${visits.join("")}rubbish\r\n\r\n`);
      expect(heads(received)).toEqual([...ids.map(() => "HTTP/1.1 200"), "HTTP/1.1 400"]);
      expect(Array.from(received.matchAll(/x-request-id: (request-\d+)/gi), ([, id]) => id)).toEqual(ids);
      expect(Array.from(received.matchAll(/"visits":(\d+)/g), ([, visits]) => Number(visits)).sort((a, b) => a - b)).toEqual(
        ids.map((_, index) => index + 1),
      );
    });
  });

  test.concurrent("a connection with too many requests that wait for an answer is closed", async () => {
    await serving(nodeOnSqlite, OPEN, async ({ send }, { url, output }) => {
      const received = await raw(url, "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_400)).catch(() => "");
      expect(heads(received).length).toBeLessThan(100);
      expect((await send("GET /v1/health")).status).toBe(200);
      expect(output()).not.toMatch(/"severity":"(?:ERROR|WARNING)"/);
    });
  });

  test.concurrent("a client that takes nothing of its answers is closed, and one that reads slowly is not", async () => {
    await serving(nodeOnSqlite, OPEN, async (_, { url }) => {
      const { hostname, port } = new URL(url);
      const asked = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
      const [stuck, slow] = [connect(Number(port), hostname).pause(), connect(Number(port), hostname)];
      // So many answers that they do not fit between the two, and so few that they may wait.
      let closed = false;
      stuck
        .on("error", () => {})
        .once("close", () => {
          closed = true;
        });
      for (let round = 0; round < 26; round += 1, await setTimeout(100)) stuck.write(asked.repeat(10));
      slow.write(asked.repeat(90));
      let answers = 0;
      slow.on("data", (chunk) => {
        answers += heads(chunk.toString("latin1")).length;
        slow.pause();
        setTimeout(100).then(() => slow.resume());
      });
      await setTimeout(20_000);
      // Who does not read hears of the end when it writes.
      stuck.write(asked);
      for (const end = Date.now() + PATIENCE_MS; !(closed && answers === 90) && Date.now() < end; ) await setTimeout(100);
      expect([closed, answers]).toEqual([true, 90]);
      slow.destroy();
    });
  });

  test.concurrent.each([
    ["no Host", "GET /v1/health HTTP/1.1\r\n\r\n"],
    ["a Host that is none", "GET /v1/health HTTP/1.1\r\nHost: a b\r\n\r\n"],
    ["a Host with a path", "GET /v1/health HTTP/1.1\r\nHost: localhost/x\r\n\r\n"],
    ["no Host that can be read", "GET /v1/health HTTP/1.1\r\nHost: [::\r\n\r\n"],
    ["a Host that is too long", `GET /v1/health HTTP/1.1\r\nHost: ${"a".repeat(1_000)}\r\n\r\n`],
    ["a target with a host that is too long", `GET http://local${"%C2%AD".repeat(200)}host/v1/health HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a target with a backslash", "GET /v1\\health HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ])("%s is a 400 that every script may read", async (_, text) => {
    await serving(nodeOnSqlite, OPEN, async (_client, { url, output }) => {
      const answer = await raw(url, text, (received) => received.includes("}"));
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/i);
      expect(answer).toMatch(/\r\naccess-control-allow-origin: \*\r\n/i);
      expect(answer).toMatch(/\{"type":"urn:footfall:invalid-input","title":"Invalid input","status":400,"detail":"Host /);
      expect(output()).not.toMatch(/"severity":"(?:ERROR|WARNING)"/);
    });
  });
});

requires("emulator")("with its store away, the Node server", () => {
  /** Visits at once, and over how many connections: more than are taken on. */
  const [VISITS, CONNECTIONS] = [12_000, 400];

  test.concurrent("takes on no more visits than it has room for, and refuses the others with 503", async () => {
    // No budget of new sites or pages is to refuse them first.
    const away = { ...OPEN, SITES: "example.com", NEW_PAGES_BURST: "100000", DATASTORE_EMULATOR_HOST: `127.0.0.1:${await freePort()}` };
    await serving(nodeOnDatastore, away, async ({ send }, { url }) => {
      const each = VISITS / CONNECTIONS;
      const visits = `${HEAD}Content-Length: 0\r\n\r\n`.repeat(each);
      // Each answer is there when its problem is, to the end.
      const isWhole = (received: string) => received.match(/\r\n\r\n\{.*?"\}/g)?.length === each;
      const all = Array.from({ length: CONNECTIONS }, () => raw(url, visits, isWhole));
      const answers = (await Promise.all(all)).join("");
      expect(heads(answers)).toEqual(Array.from({ length: VISITS }, () => "HTTP/1.1 503"));
      expect(answers.match(/urn:footfall:overloaded/g)?.length).toBeGreaterThan(0);
      expect(answers.match(/\r\nretry-after: [1-9]\r\n/gi)).toHaveLength(VISITS);
      expect((await send("GET /v1/visits?site=..")).status).toBe(400);
    });
  });

  test.concurrent("keeps no visit waiting behind others that have waited for four seconds", async () => {
    const away = { ...OPEN, DATASTORE_EMULATOR_HOST: `127.0.0.1:${await freePort()}` };
    await serving(nodeOnDatastore, away, async ({ send }) => {
      const site = newSite();
      const count = () => send("POST /visits", { body: { site } });
      const first = count();
      // By then it is on its way to the store.
      await setTimeout(500);
      const second = count();
      await setTimeout(4_500);
      const late = await count();
      expect(late).toMatchObject({ status: 503, headers: { "retry-after": expect.stringMatching(/^[1-5]$/) } });
      expect(late.json()).toMatchObject({ type: "urn:footfall:overloaded" });
      const types = (await Promise.all([first, second])).map((answer) => answer.json().type);
      expect(types).toEqual(["urn:footfall:unavailable", "urn:footfall:unavailable"]);
    });
  });
});
