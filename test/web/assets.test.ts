import { request } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Served, startNodeServer, startWorker } from "../support/artefacts.ts";

const SETTINGS = { SITES: "*", STORE: "sqlite" };

const startOnNode = (): Promise<Served> => startNodeServer({ ...SETTINGS, SQLITE_PATH: ":memory:" });

const RUNTIMES = [
  { name: "the Node server", start: startOnNode },
  { name: "the worker", start: (): Promise<Served> => startWorker(SETTINGS) },
];

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** Sends a request whose answer is left as it came, compressed or not. */
function send(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, timeout: 10_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk)).once("error", reject);
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    sent.once("error", reject).once("timeout", () => sent.destroy(new Error("no answer")));
    sent.end();
  });
}

/** The paths that the dashboard loads. */
async function hashed({ url }: Served): Promise<string[]> {
  const { body } = await send(`${url}/`);
  return [...new Set(body.toString().match(/\/assets\/[\w.-]+/g))];
}

describe.each(RUNTIMES)("static assets of $name", ({ start }) => {
  let served: Served;
  beforeAll(async () => {
    served = await start();
  });
  afterAll(() => served?.stop());

  test.each([
    ["/", "text/html; charset=utf-8", "no-cache"],
    ["/embed.js", "text/javascript; charset=utf-8", "public, max-age=3600"],
    ["/openapi.json", /^application\/json/, "no-cache"],
  ])("%s has its type, and its life in caches", async (path, type, cache) => {
    const { status, headers, body } = await send(served.url + path, { Origin: "https://example.com" });
    expect(status).toBe(200);
    expect(headers["content-type"]).toMatch(type);
    expect(headers["cache-control"]).toBe(cache);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["x-request-id"]).toBeTruthy();
    expect(headers["etag"]).toBeTruthy();
    expect(body.length).toBeGreaterThan(100);
  });

  test("the script is for every website", async () => {
    const { headers } = await send(`${served.url}/embed.js`, { Origin: "https://elsewhere.example" });
    expect(headers["access-control-allow-origin"]).toBe("*");
    expect(headers["cross-origin-resource-policy"]).toBe("cross-origin");
  });

  test("what the dashboard loads is named by its content, and kept for ever", async () => {
    const paths = await hashed(served);
    expect(paths.length).toBeGreaterThanOrEqual(3);
    for (const path of paths) {
      const { status, headers } = await send(served.url + path);
      expect(path).toMatch(/-[A-Z0-9]{8}\.(js|css|png)$/);
      expect(status).toBe(200);
      expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    }
  });

  test("the dashboard's policy allows nothing inline", async () => {
    const { headers } = await send(`${served.url}/`);
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    // Two policies would both hold, and the other one allows nothing.
    expect(policy).not.toContain(",");
    expect(policy).toContain("script-src 'self'");
  });

  test("only the dashboard's own pages may load its files; every answer keeps to HTTPS, and other files load nothing", async () => {
    for (const path of ["/", "/openapi.json", "/embed.js", "/assets/none.js", ...(await hashed(served))]) {
      const { headers } = await send(served.url + path);
      expect(headers["strict-transport-security"], path).toBe("max-age=31536000");
      const resource = /^\/(?:$|assets\/)/.test(path) ? "same-origin" : path === "/embed.js" ? "cross-origin" : undefined;
      expect(headers["cross-origin-resource-policy"], path).toBe(resource);
      if (path !== "/") expect(headers["content-security-policy"], path).toBe("default-src 'none'; frame-ancestors 'none'");
    }
  });

  test("a client that has the file is told so", async () => {
    const { headers } = await send(`${served.url}/embed.js`);
    const again = await send(`${served.url}/embed.js`, { "If-None-Match": String(headers["etag"]) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  test("HEAD answers without a body, other methods are refused, and a preflight is answered", async () => {
    const head = await send(`${served.url}/embed.js`, {}, "HEAD");
    expect([head.status, head.body.length]).toEqual([200, 0]);
    const posted = await send(`${served.url}/embed.js`, {}, "POST");
    expect([posted.status, posted.headers["allow"]]).toEqual([405, "GET, HEAD, OPTIONS"]);
    const preflight = await send(`${served.url}/embed.js`, { Origin: "https://example.com" }, "OPTIONS");
    expect([preflight.status, preflight.headers["access-control-allow-origin"]]).toEqual([204, "*"]);
  });

  test.each([
    "/assets/none.js",
    "/assets/..%2Findex.html",
    "/assets/%2e%2e%2f%2e%2e%2fpackage.json",
    "/_headers",
    "/index.html",
    "/assets/",
  ])("%s is nothing to be had", async (path) => {
    const { status, headers } = await send(served.url + path);
    expect([status, headers["content-type"]]).toEqual([404, "application/problem+json"]);
  });
});

describe("the Node server", () => {
  let served: Served;
  beforeAll(async () => {
    served = await startOnNode();
  });
  afterAll(() => served?.stop());

  test.each([
    ["br", "gzip, br", brotliDecompressSync],
    ["gzip", "gzip", gunzipSync],
    ["gzip", "deflate, gzip", gunzipSync],
  ] as const)("sends what was compressed ahead of time: %s for %s", async (encoding, accepted, decompress) => {
    // An image is compressed by itself.
    const texts = (await hashed(served)).filter((path) => !path.endsWith(".png"));
    for (const path of ["/", "/embed.js", "/openapi.json", ...texts]) {
      const [plain, small] = await Promise.all([send(served.url + path), send(served.url + path, { "Accept-Encoding": accepted })]);
      expect(small.headers["content-encoding"]).toBe(encoding);
      expect(small.headers["vary"]).toContain("Accept-Encoding");
      expect(decompress(small.body)).toEqual(plain.body);
      expect(small.headers["etag"]).not.toBe(plain.headers["etag"]);
    }
  });
});
