import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCommand } from "./command.ts";

const KEY = "AIza-recognisable";
const PAGES = 5;

/** A service with an answer for each page; of the answers in `breaks` only a half arrives, each so many times. */
async function serve(breaks: Record<number, number> = {}, statuses: Record<number, number> = {}) {
  const asked: number[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://service");
    const index = Number(url.searchParams.get("after")?.slice(2) ?? 0);
    asked.push(index);
    response.setHeader("Content-Type", "application/x-ndjson");
    const line = `{"page":"/p${index}","visits":${index}}\n`;
    if (statuses[index]) return response.writeHead(statuses[index]).end(`{"detail":"no"}`);
    if (index + 1 < PAGES) response.setHeader("Link", `<?site=a.example&limit=5000&after=%2Fp${index + 1}>; rel="next"`);
    if ((breaks[index] ?? 0) === 0) return response.end(line);
    breaks[index] = (breaks[index] ?? 0) - 1;
    response.writeHead(200, { "Content-Length": line.length });
    response.write(line.slice(0, 9));
    setTimeout(() => response.destroy(), 20);
    return response;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const folder = mkdtempSync(join(tmpdir(), "footfall-export-"));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const out = join(folder, "pages.ndjson");
  const run = (...args: string[]) => runCommand("export", ["--url", url, "--site", "a.example", ...args], { ADMIN_KEY: KEY });
  return { asked, statuses, folder, out, run };
}

const WHOLE = Array.from({ length: PAGES }, (_, index) => `{"page":"/p${index}","visits":${index}}\n`).join("");

test("an export follows the pages to the end", async () => {
  const { out, folder, run } = await serve();
  expect(await run("--out", out)).toMatchObject({ code: 0, errors: expect.stringContaining("5 lines exported") });
  expect(readFileSync(out, "utf8")).toBe(WHOLE);
  expect(readdirSync(folder)).toEqual(["pages.ndjson"]);
  expect(await run()).toMatchObject({ code: 0, output: WHOLE });
});

test("an answer that breaks off is asked for again, and no part of it is kept", async () => {
  const { out, asked, run } = await serve({ 2: 2 });
  expect(await run("--out", out)).toMatchObject({ code: 0 });
  expect(asked).toEqual([0, 1, 2, 2, 2, 3, 4]);
  expect(readFileSync(out, "utf8")).toBe(WHOLE);
});

test("an export that broke off goes on where it was, also where its last piece was half written", async () => {
  const { out, asked, statuses, run } = await serve({}, { 3: 403 });
  expect(await run("--out", out)).toMatchObject({ code: 1, errors: expect.stringContaining("Run the command again") });
  expect(existsSync(out)).toBe(false);
  writeFileSync(`${out}.part`, `${readFileSync(`${out}.part`, "utf8")}{"page":"/p3`);
  delete statuses[3];
  asked.length = 0;
  expect(await run("--out", out)).toMatchObject({ code: 0, errors: expect.stringContaining("Goes on behind 3 lines") });
  expect(asked).toEqual([3, 4]);
  expect(readFileSync(out, "utf8")).toBe(WHOLE);
});

test("a folder in the place of the file is refused before anything is asked for; notes that are none are no part", async () => {
  const { out, asked, folder, run } = await serve();
  expect(await run("--out", folder)).toEqual({ code: 1, output: "", errors: `${folder} is a folder; allowed is a file.\n` });
  expect(asked).toEqual([]);
  for (const notes of ["", "half a no", "null"]) {
    writeFileSync(`${out}.part.json`, notes);
    expect(await run("--out", out)).toMatchObject({ code: 0 });
    expect(readFileSync(out, "utf8")).toBe(WHOLE);
  }
});

test("an export of another site does not go on with this one's part", async () => {
  const { out, statuses, run } = await serve({}, { 3: 403 });
  await run("--out", out);
  delete statuses[3];
  expect(await run("--out", out, "--site", "b.example")).toMatchObject({ code: 0, errors: expect.not.stringContaining("Goes on") });
});

test("the key is in nothing that an export prints or writes", async () => {
  const { out, folder, run } = await serve({}, { 3: 403 });
  const { output, errors } = await run("--out", out);
  const written = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  expect([output, errors, ...written].join("\n")).not.toContain(KEY);
});

test.each(["import", "export", "smoke"] as const)("%s has no option for a key, and does not repeat one", async (command) => {
  for (const option of [["--key", KEY], [`--key=${KEY}`]]) {
    const { code, output, errors } = await runCommand(command, ["--url", "http://127.0.0.1:9", ...option]);
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining("Unknown option") });
    expect(output + errors).not.toContain(KEY);
  }
});
