import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutFile, type Part, survey } from "../../build/operate/cut.ts";
import { MAX_IMPORT_BYTES } from "../../src/routes/transfer.ts";
import { runCommand } from "./command.ts";

const LINE = '{"page":"/a","visits":2}';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-cut-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(text: string | Buffer): Promise<string> {
  const path = join(folder, "lines.ndjson");
  await writeFile(path, text);
  return path;
}

async function partsOf(text: string): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of cutFile(await fileOf(text))) parts.push(part);
  return parts;
}

describe("a file is cut", () => {
  test("into parts of at most 5,000 lines, which together are the file", async () => {
    const text = `${LINE}\n`.repeat(12_001);
    const parts = await partsOf(text);
    expect(parts.map(({ firstLine, lines }) => [firstLine, lines])).toEqual([
      [1, 5_000],
      [5_001, 5_000],
      [10_001, 2_001],
    ]);
    expect(parts.map((part) => part.text).join("")).toBe(text);
  });

  test("into parts of at most 4 MiB, however its characters lie in the chunks that are read", async () => {
    const line = `{"page":"/${"ü".repeat(500)}","visits":1}\n`;
    const text = line.repeat(4_500);
    const parts = await partsOf(text);
    expect(parts.map((part) => part.text).join("")).toBe(text);
    expect(parts.length).toBe(2);
    for (const part of parts) expect(Buffer.byteLength(part.text)).toBeLessThanOrEqual(MAX_IMPORT_BYTES);
  });

  test("without a line feed at its end, and none of it where it is empty", async () => {
    expect(await partsOf(LINE)).toEqual([{ text: `${LINE}\n`, firstLine: 1, lines: 1 }]);
    expect(await partsOf("")).toEqual([]);
  });
});

describe("a survey", () => {
  test("names the content and the site", async () => {
    const path = await fileOf(`${LINE}\n\n${LINE}\n`);
    const one = await survey(path, "a.example");
    expect(one).toEqual({ lines: 2, visits: 4, digest: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(await survey(path, "a.example")).toEqual(one);
    expect((await survey(path, "b.example")).digest).not.toBe(one.digest);
  });

  test.each([
    ["a bad line far down", `${LINE}\n`.repeat(7_000).concat('{"page":"/a"}\n'), /^line 7001: visits /],
    [
      "malformed UTF-8",
      Buffer.concat([Buffer.from(`${LINE}\n`.repeat(5_001)), Buffer.from([0x22, 0xff, 0x22, 0x0a])]),
      /^line 5002 holds malformed UTF-8/,
    ],
    ["days over visits", '{"page":"/a","visits":1,"days":{"2026-11-22":2}}', /^line 1: days sum to 2/],
    ["a page of another site", '{"page":"https://other.example/","visits":1}', /^line 1: page /],
    ["a line without an end", "x".repeat(MAX_IMPORT_BYTES + 1), /^line 1 is longer than 4194304 bytes/],
  ])("refuses %s by its number in the file", async (_, text, why) => {
    await expect(survey(await fileOf(text), "a.example")).rejects.toThrow(why);
  });
});

describe("npm run import", () => {
  /** A service that gives the answers in turn, then 200. */
  async function serve(...answers: { status: number; headers?: Record<string, string>; body?: object }[]) {
    const requests: { method: string | undefined; key: string | undefined; idempotencyKey: unknown }[] = [];
    const server = createServer((request, response) => {
      request.resume();
      response.setHeader("Content-Type", "application/json");
      if (request.method === "GET") return response.end('{"site":"a.example"}');
      requests.push({
        method: request.method,
        key: String(request.headers["x-api-key"]),
        idempotencyKey: request.headers["idempotency-key"],
      });
      const { status, headers, body } = answers.shift() ?? { status: 200, body: { lines: 1, visits: 2 } };
      if (status === 0) return request.socket.destroy();
      return response.writeHead(status, headers).end(JSON.stringify(body ?? {}));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, stop: () => server.close() };
  }

  test("sends again, with the same key, what was answered 503, 429 or not at all", async () => {
    const service = await serve(
      { status: 503, headers: { "Retry-After": "0" } },
      { status: 429, headers: { "Retry-After": "0" } },
      { status: 0 },
    );
    const { code, output } = await runCommand("import", [await fileOf(LINE), "--url", service.url], { ADMIN_KEY: "the-key" });
    service.stop();
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining("1 lines with 2 visits are in a.example (1 requests") });
    expect(new Set(service.requests.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(service.requests).toHaveLength(4);
    expect(service.requests[0]).toMatchObject({ key: "the-key", idempotencyKey: expect.stringMatching(/^[0-9a-f]{32}-1$/) });
  });

  test("stops at a refusal with the service's reason, or the gateway's", async () => {
    const service = await serve({ status: 401, body: { code: 401, message: "Method doesn't allow unregistered callers" } });
    const { code, errors } = await runCommand("import", [await fileOf(LINE), "--url", service.url, "--id", "my-import"], {
      ADMIN_KEY: "x",
    });
    service.stop();
    expect({ code, errors }).toEqual({
      code: 1,
      errors: expect.stringContaining("answered 401: Method doesn't allow unregistered callers"),
    });
    expect(service.requests).toEqual([{ method: "POST", key: "x", idempotencyKey: "my-import-1" }]);
  });

  test("sends nothing of a file that has a bad line", async () => {
    const service = await serve();
    const { code, errors } = await runCommand("import", [await fileOf(`${LINE}\n{}\n`), "--url", service.url], { ADMIN_KEY: "x" });
    service.stop();
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining("Nothing was sent: line 2: ") });
    expect(service.requests).toEqual([]);
  });

  test.each([
    [["x.ndjson"], "", "--url is missing"],
    [["x.ndjson", "--url", "http://127.0.0.1:9"], "", "The API key is missing"],
    [["x.ndjson", "--url", "http://127.0.0.1:9", "--id", "short"], "k", '--id is "short"'],
    [["/nowhere.ndjson", "--url", "http://127.0.0.1:9", "--site", "a.example"], "k", "ENOENT"],
  ])("refuses %j with the key %j", async (args, key, why) => {
    expect(await runCommand("import", args, { ADMIN_KEY: key })).toMatchObject({ code: 1, errors: expect.stringContaining(why) });
  });
});
