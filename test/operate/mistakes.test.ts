import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, onTestFinished, test } from "vitest";
import { openPart } from "../../build/operate/part.ts";
import { ROOT } from "../../build/root.ts";
import { runCommand } from "./command.ts";

const KEY = { ADMIN_KEY: "k" };
const LINE = '{"page":"/a","visits":2}\n';

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A new folder, and the path of a file in it. */
function place(name: string, text?: string): { folder: string; path: string } {
  const folder = mkdtempSync(join(tmpdir(), "footfall-mistakes-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  if (text !== undefined) writeFileSync(path, text);
  return { folder, path };
}

describe("an address that is another website's", () => {
  test.each(["export", "import", "smoke"] as const)("is told by %s, which takes no page of it for an answer", async (name) => {
    const url = await listen((_, response) => response.setHeader("Content-Type", "text/html").end("<!doctype html>\n<p>shop</p>\n"));
    const { folder, path } = place("out.ndjson");
    const args = {
      export: ["--url", url, "--out", path],
      import: [place("in.ndjson", LINE).path, "--url", url, "--site", "a.example"],
      smoke: [url],
    }[name];
    const { code, output, errors } = await runCommand(name, args, KEY);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toContain(`answered text/html; allowed is application/${name === "export" ? "x-ndjson" : "json"}: is ${url} the`);
    expect(errors).not.toContain("    at ");
    expect(readdirSync(folder)).not.toContain("out.ndjson");
  });

  test("is told where it leads elsewhere, and is not asked again", async () => {
    let asked = 0;
    const url = await listen((_, response) => {
      asked += 1;
      response.writeHead(301, { Location: "https://count.example/v1/visits" }).end();
    });
    const { code, errors } = await runCommand("smoke", [url], KEY);
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining("it leads to https://count.example/v1/visits; give") });
    expect(asked).toBe(1);
  });
});

test("a smoke test says what it waits for, and names the answer in place of the total", async () => {
  let asked = 0;
  const url = await listen((request, response) => {
    asked += 1;
    response.setHeader("Content-Type", "application/json");
    if (asked === 1) return response.writeHead(503, { "Retry-After": "0" }).end('{"detail":"no store"}');
    if (asked === 2) return response.end('{"site":"a.example"}');
    return response.writeHead(403).end(`{"detail":"not for ${request.method}"}`);
  });
  const { code, output, errors } = await runCommand("smoke", [url], KEY);
  expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining("answered 503: no store; asked again in 0 s\n") });
  expect(output).toMatch(/FAILED {2}a visit is counted.*\n {8}the status is 403: \{"detail":"not for GET"\}/);
  expect(output).not.toContain("undefined");
});

describe("a file of an import", () => {
  test.each([
    ["", "has nothing to add"],
    ["\n\n", "has nothing to add"],
  ])("that holds %j is refused", async (text, why) => {
    const { path } = place("in.ndjson", text);
    expect(await runCommand("import", [path, "--url", "http://127.0.0.1:9", "--site", "a.example"], KEY)).toEqual({
      code: 1,
      output: "",
      errors: `Nothing was sent: ${path} ${why}.\n`,
    });
  });

  test("is no pipe, which could be read but once", async () => {
    const command = `cat in.ndjson | "$NODE" "$IMPORT" /dev/stdin --url http://127.0.0.1:9 --site a.example`;
    const env = { ...KEY, NODE: process.execPath, IMPORT: join(ROOT, "build", "operate", "import.ts") };
    const { exitCode, stderr } = await execa("bash", ["-c", command], { cwd: place("in.ndjson", LINE).folder, env, reject: false });
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining("/dev/stdin is no file; allowed is a file") });
  });

  test("is looked for where npm was called", async () => {
    const { folder } = place("in.ndjson", LINE);
    const ended = await runCommand("import", ["in.ndjson", "--dry-run", "--site", "a.example"], { INIT_CWD: folder });
    expect(ended).toMatchObject({ code: 0, output: expect.stringContaining("1 lines with 2 visits would be added") });
  });
});

describe("a file of an export", () => {
  test("has a name, and a site without pages is pointed out", async () => {
    const url = await listen((_, response) => response.setHeader("Content-Type", "application/x-ndjson").end('{"page":null,"visits":0}\n'));
    const { folder } = place("pages.ndjson");
    const run = (out: string) => runCommand("export", ["--url", url, "--site", "exmaple.com", "--out", out], { ...KEY, INIT_CWD: folder });
    expect(await run("")).toEqual({ code: 1, output: "", errors: `--out is ""; allowed is a file's path.\n` });
    expect(await run("pages.ndjson")).toEqual({
      code: 0,
      output: "",
      errors: `1 lines exported to ${join(folder, "pages.ndjson")}.\nexmaple.com has no pages there.\n`,
    });
  });

  test("or a pipe that takes no more is told", async () => {
    const url = await listen((_, response) => response.setHeader("Content-Type", "application/x-ndjson").end(LINE));
    const env = { ...KEY, NODE: process.execPath, EXPORT: join(ROOT, "build", "operate", "export.ts") };
    const { exitCode, stderr } = await execa("bash", ["-c", `"$NODE" "$EXPORT" --url ${url} > /dev/full`], { env, reject: false });
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining("what was written is not all of it") });
  });

  test("is not mixed with what another export writes to it", async () => {
    const { path } = place("pages.ndjson");
    const one = await openPart(path, "source");
    await one.append(LINE, "?after=1");
    const other = await openPart(path, "source");
    await other.append(LINE, "?after=2");
    await expect(one.append(LINE, "?after=2")).rejects.toThrow(`${path}.part has changed meanwhile`);
    expect(await other.finish()).toBe(2);
  });
});
